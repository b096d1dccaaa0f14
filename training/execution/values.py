"""Values as the sandbox reports them: when they are literals, and when two of them are the same result."""

import ast
import json
import math
from typing import Any, cast

from assistant.sandbox.worker import canonical

RELATIVE_TOLERANCE = 1e-6


def canonical_text(value: Any) -> str | None:
    """The canonical JSON of a value; None for what has none: bytes, complex numbers, objects."""
    try:
        tagged = canonical(value)
    except ValueError:
        return None
    return json.dumps(tagged) if _is_plain(tagged) else None


def literal(node: ast.expr) -> tuple[bool, Any]:
    """Whether an expression is a literal, and its value."""
    try:
        return True, ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False, None


def is_json(value: Any) -> bool:
    """Whether a value comes back from JSON as it was: no tuples, no sets, no keys but strings."""
    if isinstance(value, float):
        return math.isfinite(value)
    if value is None or isinstance(value, bool | int | str):
        return True
    if isinstance(value, list):
        return all(is_json(each) for each in cast(list[Any], value))
    if not isinstance(value, dict):
        return False
    return all(isinstance(key, str) and is_json(each) for key, each in cast(dict[Any, Any], value).items())


def is_plain(text: str) -> bool:
    """Whether a result (canonical JSON) is made of built-in values all through, and can be compared."""
    return '"other"' not in text or _is_plain(json.loads(text))


def same(result: str | None, expected: str) -> bool:
    """Whether a result is the expected one: exact in type and value, but numbers where one is a float to 1e-6.

    A bool is no number. An int that stands where a float is expected, or the reverse, is that number, as Python's own
    `==` has it.
    """
    if result is None or result == expected:
        return result is not None
    if '"float"' not in result and '"float"' not in expected:
        return False
    try:
        return _close(json.loads(result), json.loads(expected))
    except (ValueError, RecursionError, OverflowError):  # what a program made its results look like
        return False


def _close(left: Any, right: Any) -> bool:
    a, b = _number(left), _number(right)
    if a is not None and b is not None:
        return a == b or math.isclose(a, b, rel_tol=RELATIVE_TOLERANCE) or (math.isnan(a) and math.isnan(b))
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_close, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(_close(left[key], right[key]) for key in left)
    return left == right


def _number(value: Any) -> float | None:
    if type(value) is int:
        return float(value)
    if type(value) is dict and value.keys() == {"float"} and isinstance(value["float"], str):
        return float.fromhex(value["float"])
    return None


def _is_plain(tagged: Any) -> bool:
    if isinstance(tagged, list):
        return all(map(_is_plain, tagged))
    if isinstance(tagged, dict):
        return "other" not in tagged and all(map(_is_plain, tagged.values()))
    return True
