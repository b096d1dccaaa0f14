"""Results as a person writes them in Python."""

import json
from typing import Any

from assistant.sandbox.values import decoded

_MAX_CHARS = 120


def shown_call(name: str, inputs: tuple[Any, ...], expected: str) -> str:
    """`name(…)` and what it returns; empty if that is too long to read."""
    text = f"`{name}({', '.join(map(repr, inputs))})` returns `{decoded(json.loads(expected))!r}`"
    return text if len(text) <= _MAX_CHARS else ""
