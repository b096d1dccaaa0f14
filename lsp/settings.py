"""What a user may set, as `initializationOptions` of the editor. Nothing is read from disk here."""

from collections.abc import Container
from dataclasses import dataclass
from typing import Any, Literal, cast


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one editor session."""

    max_tokens: int = 64
    """Longest completion."""
    debounce_ms: int = 0
    """Rest of the keyboard before the model is asked. The daemon drops outdated work, so zero is a fine default."""
    automatic: bool = True
    """False: complete only when asked to, never while typing."""
    multi_line_items: Literal["auto", "always", "never"] = "auto"
    """Whether a completion menu may hold items of several lines; auto: in editors known to insert them rightly."""


_ALLOWED: dict[str, tuple[Container[object], str]] = {
    "max_tokens": (range(1, 513), "a whole number from 1 to 512"),
    "debounce_ms": (range(5001), "a whole number from 0 to 5000"),
    "automatic": ((True, False), "true or false"),
    "multi_line_items": (("auto", "always", "never"), '"auto", "always" or "never"'),
}


def read_settings(options: object) -> tuple[Settings, list[str]]:
    """Read `initializationOptions`; what cannot be used keeps its default and becomes a complaint for the user."""
    if options is None:
        return Settings(), []
    if not isinstance(options, dict):
        return Settings(), ["initializationOptions must be an object; the defaults are used."]
    defaults = Settings()
    accepted: dict[str, Any] = {}
    complaints: list[str] = []
    for name, value in cast(dict[str, object], options).items():
        if name not in _ALLOWED:
            complaints.append(f"Unknown setting {name!r} is ignored; known are {', '.join(_ALLOWED)}.")
            continue
        allowed, wanted = _ALLOWED[name]
        if type(value) is type(getattr(defaults, name)) and value in allowed:
            accepted[name] = value
        else:
            complaints.append(f"Setting {name!r} must be {wanted}; the default is used.")
    return Settings(**accepted), complaints
