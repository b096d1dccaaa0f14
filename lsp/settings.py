"""What a user may set, as `initializationOptions` or configuration of the editor. Nothing is read from disk here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, cast


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one editor session."""

    max_tokens: int = 64
    """Longest completion."""
    debounce_ms: int | Literal["auto"] = "auto"
    """Rest of the keyboard before the model is asked; auto: from the rhythm of typing and the model's speed."""
    early_ms: int = 250
    """A model that needs longer than this answers with its first line first; 0: always wait for the whole."""
    automatic: bool = True
    """False: complete only when asked to, never while typing."""
    cross_file: bool = True
    """Whether the model sees pieces of other files."""
    languages_off: tuple[str, ...] = ()
    """Language ids in which nothing is completed."""
    secret_patterns: tuple[str, ...] = ()
    """File patterns, in the syntax of .gitignore, that are treated as secret besides the built-in ones."""
    acceptance_log: bool = True
    """Whether it is noted, on this machine, what became of a suggestion; never its text."""
    multi_line_items: Literal["auto", "always", "never"] = "auto"
    """Whether a completion menu may hold items of several lines; auto: in editors known to insert them rightly."""


_Accepts = Callable[[object], bool]


def _whole(low: int, high: int) -> tuple[_Accepts, str]:
    return lambda value: type(value) is int and low <= value <= high, f"a whole number from {low} to {high}"


def _choice(*values: object) -> tuple[_Accepts, str]:
    *others, last = (f'"{value}"' for value in values)
    return lambda value: isinstance(value, str) and value in values, f"{', '.join(others)} or {last}"


def _is_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in cast(list[object], value))


_BOOLEAN: tuple[_Accepts, str] = (lambda value: type(value) is bool, "true or false")
_NAMES: tuple[_Accepts, str] = (_is_names, "a list of texts")

_ALLOWED: dict[str, tuple[_Accepts, str]] = {
    "max_tokens": _whole(1, 512),
    "debounce_ms": (lambda value: value == "auto" or _whole(0, 5000)[0](value), '"auto" or a whole number up to 5000'),
    "early_ms": _whole(0, 5000),
    "automatic": _BOOLEAN,
    "cross_file": _BOOLEAN,
    "languages_off": _NAMES,
    "secret_patterns": _NAMES,
    "acceptance_log": _BOOLEAN,
    "multi_line_items": _choice("auto", "always", "never"),
}


def read_settings(options: object) -> tuple[Settings, list[str]]:
    """Read an editor's options; what cannot be used keeps its default and becomes a complaint for the user."""
    if options is None:
        return Settings(), []
    if not isinstance(options, dict):
        return Settings(), ["initializationOptions must be an object; the defaults are used."]
    accepted: dict[str, Any] = {}
    complaints: list[str] = []
    for name, value in cast(dict[str, object], options).items():
        if name not in _ALLOWED:
            complaints.append(f"Unknown setting {name!r} is ignored; known are {', '.join(_ALLOWED)}.")
            continue
        accepts, wanted = _ALLOWED[name]
        if accepts(value):
            accepted[name] = tuple(cast(list[str], value)) if isinstance(value, list) else value
        else:
            complaints.append(f"Setting {name!r} must be {wanted}; the default is used.")
    return Settings(**accepted), complaints
