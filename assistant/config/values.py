"""Whether a value is what its setting takes, and what to write instead."""

import json
from typing import Any, cast

from assistant.config.settings import DEFAULTS, Keys, Kind
from assistant.errors import ConfigError

WORDS = {int: "a whole number", str: "text in quotes", bool: "true or false", Keys: "a list of texts"}
TRUTH = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def check(kind: Kind, value: Any, *, name: str, where: str = "") -> None:
    """Whether a value, as TOML has it, is what the setting takes.

    Raises:
        ConfigError: It is of another kind, too small, or none of the choices.
    """
    hint = f"for example {example(kind)}"
    is_fit = _are_texts(value) if kind.type is Keys else type(value) is kind.type
    if not is_fit:
        raise ConfigError(f"{name}{where} must be {WORDS[kind.type]}, not {value!r}", hint=hint)
    if kind.type is int and value < 0:
        raise ConfigError(f"{name}{where} must not be negative", hint=hint)
    if kind.choices and value not in kind.choices:
        raise ConfigError(f"{name}{where} must be one of {', '.join(kind.choices)}, not {value!r}", hint=hint)


def parse(kind: Kind, text: str, *, name: str) -> Any:
    """The value that a text of the environment or of the command line stands for. Raises as `check`."""
    if kind.type is Keys:
        return tuple(text.replace(",", " ").split())
    try:
        value = int(text) if kind.type is int else TRUTH[text.lower()] if kind.type is bool else text
    except (ValueError, KeyError):
        word = WORDS[kind.type]
        raise ConfigError(f"{name} must be {word}, not {text!r}", hint=f"for example {example(kind)}") from None
    check(kind, value, name=name)
    return value


def example(kind: Kind) -> str:
    """A line of the file that would do."""
    if kind.is_table:
        return f"{kind.toml[0]}.NAME = {_toml(('ctrl+j',) if kind.type is Keys else 'text')}"
    return f"{'.'.join(kind.toml)} = {_toml(getattr(DEFAULTS, kind.name))}"


def _toml(value: Any) -> str:
    """Whole numbers, truths, texts and lists of texts are written alike in JSON and TOML."""
    return json.dumps(value, ensure_ascii=False)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in cast(list[Any], value))
