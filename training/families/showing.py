"""Results as a person writes them in Python."""

import json
from typing import Any

_MAX_CHARS = 120


def shown_call(name: str, inputs: tuple[Any, ...], expected: str) -> str:
    """`name(…)` and what it returns; empty if that is too long to read."""
    text = f"`{name}({', '.join(map(repr, inputs))})` returns `{python(json.loads(expected))!r}`"
    return text if len(text) <= _MAX_CHARS else ""


def python(value: Any) -> Any:
    """The value that `assistant.sandbox` wrote as canonical JSON: built-in types only."""
    if isinstance(value, list):
        return [python(each) for each in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    match kind:
        case "float":
            return float.fromhex(content)
        case "tuple":
            return tuple(map(python, content))
        case "set":
            return {python(each) for each in content}
        case "dict":
            return {python(key): python(each) for key, each in content}
        case _:
            raise ValueError(f"no built-in value: {kind}")
