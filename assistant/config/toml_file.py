"""A settings file, read: its values by their path, each checked, and the line that a fault stands in.

A project's file comes from whoever wrote the project: it may be a pipe, a device or a flood, and it may set little.
"""

import os
import stat
import tomllib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, cast

from rapidfuzz import process

from assistant.config.settings import KINDS, find
from assistant.config.values import check, example
from assistant.errors import ConfigError

MAX_BYTES = 1 << 18
MAX_TRIED_LINES = 50
Path_ = tuple[str, ...]


def read(file: Path) -> str:
    """The text of a settings file; empty where there is none.

    Raises:
        ConfigError: It cannot be read, is no regular file, is larger than settings are, or no UTF-8.
    """
    try:
        with open(file, "rb", buffering=0, opener=_open) as stream:
            content = stream.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}", hint="check its permissions") from error
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{file} is larger than {MAX_BYTES >> 10} kB", hint="settings are small: move it away")
    try:
        return content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not valid TOML: {error}", hint="save it as UTF-8, or move it away") from error


def _open(file: str, flags: int) -> int:
    """Open without waiting: a pipe, a folder or a device is no file of settings."""
    descriptor = os.open(file, flags | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise ConfigError(f"{file} is no regular file", hint="settings are read from a file: move this away")


def values(text: str, file: Path, *, is_projects: bool = False) -> dict[Path_, Any]:
    """What the text of a file sets, by path. Raises the first of `faults`."""
    for fault in faults(text, file, is_projects=is_projects):
        raise fault
    leaves = _leaves(tomllib.loads(text))
    return {path: tuple(cast(list[str], value)) if isinstance(value, list) else value for path, value in leaves}


def faults(text: str, file: Path, *, is_projects: bool = False) -> Iterator[ConfigError]:
    """Everything that is wrong with a file, in its order: no TOML, unknown names, values of the wrong kind.

    Args:
        text: Its text.
        file: What to call it.
        is_projects: It may set only what a project may narrow.
    """
    try:
        tree = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        yield ConfigError(f"{file} is not valid TOML: {why}", hint="mend the line named above, or move the file away")
        return
    for path, value in _leaves(tree):
        where = f" in {file}{_at(text, path)}"
        try:
            _check_one(path, value, where, is_projects=is_projects)
        except ConfigError as fault:
            yield fault


def _check_one(path: Path_, value: Any, where: str, *, is_projects: bool) -> None:
    name = ".".join(path)
    if not (kind := find(path)):
        raise ConfigError(f'unknown setting "{name}"{where}', hint=nearest(name))
    if is_projects and not kind.is_projects:
        may = ", ".join(".".join(kind.toml) for kind in KINDS.values() if kind.is_projects)
        hint = f"a project may narrow {may}; the rest is yours: `cairn config edit`"
        raise ConfigError(f'a project may not set "{name}"{where}', hint=hint)
    if kind.is_table and kind.toml == path:
        raise ConfigError(f"{name}{where} must be a table, not {value!r}", hint=f"for example {example(kind)}")
    check(kind, value, name=name, where=where)


def nearest(name: str) -> str:
    """What somebody who wrote `name` may have meant."""
    known = [".".join(kind.toml) + (".NAME" if kind.is_table else "") for kind in KINDS.values()]
    near = process.extractOne(name, known, score_cutoff=60)
    return f'did you mean "{near[0]}"?' if near else f"known settings: {', '.join(known)}"


def _leaves(tree: dict[str, Any], above: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Values by path; a table is gone into where a setting is a table, and is a value of the wrong kind elsewhere."""
    tables = {kind.toml for kind in KINDS.values() if kind.is_table}
    for name, value in tree.items():
        path = (*above, name)
        if path in tables and isinstance(value, dict):
            yield from _leaves(cast(dict[str, Any], value), path)
        else:
            yield path, value


def _at(text: str, path: Path_) -> str:
    """The line where a statement begins that sets `path`, found by reading the file up to it; empty if it hides well.

    A statement begins where everything above it is a whole file that does not have the path.
    """
    lines = text.splitlines(keepends=True)
    named = (number for number, line in enumerate(lines) if path[-1] in line and not line.lstrip().startswith("#"))
    for number in islice(named, MAX_TRIED_LINES):
        if _sets("".join(lines[:number]), path) is False and _is_set_from(lines, number, path):
            return f", line {number + 1}"
    return ""


def _is_set_from(lines: list[str], number: int, path: Path_) -> bool:
    ends = range(number + 1, min(len(lines), number + MAX_TRIED_LINES) + 1)
    return next((bool(is_set) for end in ends if (is_set := _sets("".join(lines[:end]), path)) is not None), False)


def _sets(text: str, path: Path_) -> bool | None:
    """Whether the text sets the path; None where it is not the whole of a file."""
    try:
        node: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    for name in path:
        if not isinstance(node, dict) or name not in node:
            return False
        node = node[name]  # pyright: ignore[reportUnknownVariableType]
    return True
