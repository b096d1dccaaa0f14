"""Values on their way into a program's process and out of it: JSON in which the exact built-in types are told apart."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

MAX_DEPTH = 50
MAX_ITEMS = 200_000
MAX_PLAIN_BITS = 64
"""Longer integers travel in hexadecimal: reading them takes a time that grows no faster than they do."""

Encode = Callable[[Any], object]


def canonical(value: Any) -> object:
    """JSON values that are equal exactly where the values and all their types are. Any other type is only named.

    Raises:
        ValueError: It is nested more than 50 deep, or has more than 200,000 parts.
    """
    return _encoded(value, lambda parts: sorted(parts, key=json.dumps))


def in_order(value: Any) -> object:
    """As `canonical`, but dictionaries keep their order: what a program is given. An opaque value is a `ValueError`."""
    encoded = _encoded(value, lambda parts: parts)
    decoded(encoded)
    return encoded


def canonical_text(value: Any) -> str:
    """`canonical` as it stands in rows and results. Raises `ValueError`."""
    return json.dumps(canonical(value))


def is_opaque(text: str) -> bool:
    """Whether a canonical text only names what was returned: such a value is equal to nothing."""
    return '{"other": "' in text  # within a string the quotes would be escaped


def _encoded(value: Any, arrange: Callable[[list[Any]], list[Any]]) -> object:
    num_items = 0

    def encode(value: Any, depth: int) -> object:
        nonlocal num_items
        num_items += 1
        if depth > MAX_DEPTH or num_items > MAX_ITEMS:
            raise ValueError("the value is nested too deeply or too large")
        kind = cast(type[Any], type(value))
        if id(kind) in _ATOMS:  # by identity: a metaclass may be equal to everything
            return _ATOMS[id(kind)](value)
        if kind is list:
            return [encode(each, depth + 1) for each in value]
        if kind is tuple:
            return {"tuple": [encode(each, depth + 1) for each in value]}
        if kind is set or kind is frozenset:
            return {kind.__name__: arrange([encode(each, depth + 1) for each in value])}
        if kind is dict:
            return {"dict": arrange([[encode(key, depth + 1), encode(each, depth + 1)] for key, each in value.items()])}
        return {"other": name_of(kind)}

    return encode(value, 0)


def name_of(kind: type) -> str:
    """The name of a type, asked of `type` itself: a metaclass may answer anything."""
    return type.__dict__["__name__"].__get__(kind)[:80]


_ATOMS: dict[int, Encode] = {
    id(type(None)): lambda value: value,
    id(bool): lambda value: value,
    id(int): lambda value: value if value.bit_length() <= MAX_PLAIN_BITS else {"int": hex(value)},
    id(float): lambda value: {"float": value.hex()},
    id(str): lambda value: value,
    id(bytes): lambda value: {"bytes": value.hex()},
    id(complex): lambda value: {"complex": [value.real.hex(), value.imag.hex()]},
}

_TAGS: dict[str, Callable[[Any], Any]] = {
    "int": lambda inner: int(inner, 16),
    "float": float.fromhex,
    "bytes": bytes.fromhex,
    "complex": lambda inner: complex(*map(float.fromhex, inner)),
    "tuple": lambda inner: tuple(map(decoded, inner)),
    "set": lambda inner: set(map(decoded, inner)),
    "frozenset": lambda inner: frozenset(map(decoded, inner)),
    "dict": lambda inner: {decoded(key): decoded(each) for key, each in inner},
}


def decoded(encoded: Any) -> Any:
    """The value of `canonical` or `in_order`.

    Raises:
        ValueError: It is opaque, or none of theirs.
    """
    if isinstance(encoded, list):
        return [decoded(each) for each in encoded]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(encoded, dict):
        return encoded
    try:
        ((tag, inner),) = encoded.items()  # pyright: ignore[reportUnknownVariableType]
        return _TAGS[tag](inner)
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"no value: {error}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far two numbers, of which one is a float, may be apart: by either measure, as `math.isclose` has it."""

    relative: float = 0.0
    """Times the larger of the two."""
    absolute: float = 0.0


EXACT = Tolerance()


def is_same(expected: str, found: str, *, tolerance: Tolerance = EXACT) -> bool:
    """Whether two canonical texts are of the same value, strictly.

    Types count: `True` is not `1`, a tuple is no list. Only int and float (2 and 2.0), and set and frozenset, are taken
    together; NaN is itself. Two integers are never merely near, nor are the items of sets and the keys of dictionaries.
    """
    if expected == found:
        return not is_opaque(expected)
    try:
        return _is_same(decoded(json.loads(expected)), decoded(json.loads(found)), tolerance)
    except (ValueError, RecursionError):
        return False


def _is_same(left: Any, right: Any, tolerance: Tolerance) -> bool:
    kinds: set[type[Any]] = {type(left), type(right)}
    if kinds <= {int, float}:
        return left == right or (float in kinds and _is_near(left, right, tolerance))
    if kinds <= {set, frozenset}:
        return _keys(left) == _keys(right)
    if len(kinds) > 1:
        return False
    if kinds <= {list, tuple}:
        return len(left) == len(right) and all(_is_same(*pair, tolerance) for pair in zip(left, right, strict=True))
    if kinds == {dict}:
        found = {_key(key): each for key, each in right.items()}
        return _keys(left) == found.keys() and all(
            _is_same(each, found[_key(key)], tolerance) for key, each in left.items()
        )
    return left == right


def _keys(values: Any) -> set[Any]:
    return set(map(_key, values))


def _key(value: Any) -> Any:
    """What can be looked up, with its type: to a set, `True` is 1."""
    if isinstance(value, tuple):
        return tuple(map(_key, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if isinstance(value, frozenset):
        return frozenset(map(_key, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return isinstance(value, bool), value


def _is_near(left: float, right: float, tolerance: Tolerance) -> bool:
    try:
        near = math.isclose(left, right, rel_tol=tolerance.relative, abs_tol=tolerance.absolute)
    except OverflowError:  # an integer that no float can hold
        return False
    return near or (left != left and right != right)
