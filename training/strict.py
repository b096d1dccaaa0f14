"""TOML read strictly into frozen data: unknown keys and values of another kind are errors that say what to write."""

import dataclasses
import difflib
import tomllib
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from assistant.errors import ConfigError

T = TypeVar("T")


def read_strictly(path: Path, kind: type[T], *, example: str) -> T:
    """Read a recipe.

    Args:
        path: A TOML file.
        kind: A dataclass; its fields are the keys, and fields that are dataclasses are tables.
        example: Which recipe the hint names, where there is none at `path`.

    Raises:
        ConfigError: The file is missing or no TOML, a key is unknown or missing, or a value is of the wrong kind.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        raise ConfigError(f"no recipe at {path}", hint=f"Try {example}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}", hint="Mend the line it names.") from error
    if "name" not in table:
        raise ConfigError("the recipe has no name", hint='Add name = "..." at the top; the run folder is called so.')
    return _table(kind, table, where="")


def _table(kind: type[T], table: dict[str, Any], where: str) -> T:
    types = get_type_hints(kind)
    for key in table:
        if key not in types:
            near = difflib.get_close_matches(key, types, n=1)
            hint = f"Did you mean {where}{near[0]}?" if near else f"Known are {', '.join(types)}."
            raise ConfigError(f"unknown key {where}{key} in the recipe", hint=hint)
    return kind(**{key: _value(types[key], value, f"{where}{key}") for key, value in table.items()})


def _value(kind: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, dict):
            raise ConfigError(f"{where} is not a table", hint=f"Write it as [{where}].")
        return _table(kind, value, f"{where}.")  # pyright: ignore[reportArgumentType]
    if get_origin(kind) is Literal:
        return _choice(get_args(kind), value, where)
    if get_origin(kind) is tuple and type(value) is list:
        return tuple(_value(get_args(kind)[0], each, where) for each in value)
    if kind is float and type(value) is int:
        return float(value)
    expected = get_origin(kind) or kind
    if type(value) is not expected:
        name = "list" if expected is tuple else expected.__name__
        raise ConfigError(f"{where} is {value!r}, not {name}", hint=f"Give {where} a {name}.")
    return value


def _choice(choices: tuple[Any, ...], value: Any, where: str) -> Any:
    if value not in choices:
        near = difflib.get_close_matches(str(value), choices, n=1, cutoff=0.0)[0]
        named = ", ".join(choices)
        raise ConfigError(f"{where} is {value!r}, not one of {named}", hint=f"Did you mean {near!r}?")
    return value
