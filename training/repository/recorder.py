"""A plugin of pytest that writes down with what the functions of a repository are called, and what they return.

It runs under the repository's own interpreter, beside its tests: it imports nothing of ours but one file next to it.
Values are written in the canonical form of the sandbox; those of other types end the record of that call.
"""

import json
import os
import sys
from types import CodeType, FrameType

import pytest
from cairn_values import in_order  # type: ignore[import-not-found]

MAX_CALLS = 200
"""Distinct ones, of each function."""
MAX_CHARS = 4_000
_VARARGS, _VARKEYWORDS = 0x04, 0x08


class Recorder:
    """Looks at every call while a test runs."""

    def __init__(self, targets: list[list[object]], out: int) -> None:
        self._targets = {(file, line): name for file, line, name in targets}
        self._names: dict[CodeType, object] = {}
        self._seen: dict[object, set[str]] = {}
        self._open: dict[int, tuple[object, str]] = {}
        self._out = out

    def __call__(self, frame: FrameType, event: str, value: object) -> None:
        """A profile function. Source: sys.setprofile."""
        if event not in ("call", "return"):
            return
        name = self._name(frame.f_code)
        if name is None:
            return
        if event == "call":
            self._begin(name, frame)
        elif id(frame) in self._open:
            self._end(*self._open.pop(id(frame)), value)

    def _name(self, code: CodeType) -> object:
        if code not in self._names:
            self._names[code] = self._targets.get((os.path.realpath(code.co_filename), code.co_firstlineno))
        return self._names[code]

    def _begin(self, name: object, frame: FrameType) -> None:
        arguments = _arguments(frame)
        text = None if arguments is None else _written(arguments)
        seen = self._seen.setdefault(name, set())
        if text is not None and text not in seen and len(seen) < MAX_CALLS:
            seen.add(text)
            self._open[id(frame)] = name, text

    def _end(self, name: object, arguments: str, value: object) -> None:
        test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
        line = {"function": name, "test": test, "arguments": arguments, "result": _written(value)}
        os.write(self._out, json.dumps(line).encode() + b"\n")


def _arguments(frame: FrameType) -> list[object] | None:
    """By position; None where some can be given by name alone."""
    code = frame.f_code
    if code.co_kwonlyargcount or code.co_flags & _VARKEYWORDS:
        return None
    given = [frame.f_locals[name] for name in code.co_varnames[: code.co_argcount]]
    if code.co_flags & _VARARGS:
        given += frame.f_locals[code.co_varnames[code.co_argcount]]
    return given


def _written(value: object) -> str | None:
    try:
        text = json.dumps(in_order(value))
    except (ValueError, RecursionError, TypeError):
        return None
    return text if len(text) <= MAX_CHARS else None


def pytest_configure(config: pytest.Config) -> None:
    """Begin. The environment says whose calls are looked at, and where they are written."""
    with open(os.environ["CAIRN_TARGETS"], encoding="utf-8") as file:
        targets = json.load(file)
    out = os.open(os.environ["CAIRN_CALLS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    config.stash[_RECORDER] = Recorder(targets, out)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item):
    """Look at a test itself, not at what prepares it."""
    sys.setprofile(item.config.stash[_RECORDER])
    try:
        return (yield)
    finally:
        sys.setprofile(None)


_RECORDER = pytest.StashKey[Recorder]()
