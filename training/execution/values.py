"""Literals in programs, and when a result is the expected one."""

import ast
import math
from typing import Any, cast

from assistant.sandbox.values import canonical_text, is_opaque, is_same

TOLERANCE = 1e-6
"""Of numbers where one is a float; relative, absolute below 1. Programs that sum in another order are not wrong."""


def same(result: str | None, expected: str) -> bool:
    """Whether a result (canonical JSON, None where there is none) is the expected one: see `is_same`."""
    return result is not None and is_same(expected, result, tolerance=TOLERANCE)


def is_comparable(result: str | None) -> bool:
    """Whether there is a result that something can be equal to."""
    return result is not None and not is_opaque(result)


def literal(node: ast.expr) -> tuple[bool, Any]:
    """Whether an expression is a literal, and its value."""
    try:
        return True, ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False, None


def literal_text(value: Any) -> str | None:
    """The canonical JSON of a literal's value; None where it is too large for that."""
    try:
        return canonical_text(value)
    except ValueError:
        return None


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
