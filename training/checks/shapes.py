"""What the arguments of a function look like, from examples or from its signature, and new ones that look so.

New ones keep to what all examples have in common: ranges and lengths (of four or more), letters, keys, rows of one
length, an order. Beyond that a task may ask for nothing, and two right programs may differ.
"""

import ast
import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from training.execution.programs import parsed

_KINDS = {bool: "bool", int: "int", float: "float", str: "str", list: "list", dict: "dict"}
_NAMES = {"int": "int", "float": "float", "str": "str", "bool": "bool", "list": "list", "List": "list"} | {
    "Sequence": "list",
    "Iterable": "list",
    "dict": "dict",
    "Dict": "dict",
}
_LETTERS = "abcdeABC 019-"
_MAX_LENGTH = 8
_FEW = 4
"""From so many values on, their range is taken for that of all."""
_BEYOND = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The kind of a value, what it holds, and values of it that were seen."""

    kind: str
    """bool, int, float, str, list, dict; "" where only the values seen are known."""
    inner: "Shape | None" = None
    """Of the items of a list, or of the values of a dict."""
    seen: tuple[Any, ...] = ()


def shapes_of_examples(examples: Sequence[tuple[Any, ...]]) -> tuple[Shape, ...] | None:
    """One shape for each argument; None without examples, or if they differ in number of arguments."""
    lengths = {len(each) for each in examples}
    if len(lengths) != 1:
        return None
    return tuple(_shape_of(column) for column in zip(*examples, strict=True))


def shapes_of_signature(program: str, name: str) -> tuple[Shape, ...] | None:
    """The same from annotations; None unless all arguments have one that is understood."""
    tree = parsed(program)
    for node in tree.body if tree else ():
        if isinstance(node, ast.FunctionDef) and node.name == name:
            shapes = [_shape_of_annotation(each.annotation) for each in node.args.args]
            return None if None in shapes else tuple(cast(list[Shape], shapes))
    return None


def draw(shape: Shape, rng: random.Random) -> Any:
    """A value of that shape."""
    if shape.kind == "list":
        return _draw_list(shape, _length(shape, rng), rng)
    if shape.kind == "dict":
        keys = [key for each in shape.seen for key in each] or list("abc")
        inner = shape.inner or Shape(kind="int")
        return {rng.choice(keys): draw(inner, rng) for _ in range(_length(shape, rng))}
    if shape.kind == "str":
        alphabet = "".join(shape.seen) or _LETTERS
        return "".join(rng.choice(alphabet) for _ in range(_length(shape, rng)))
    return _draw_other(shape, rng)


def _draw_list(shape: Shape, length: int, rng: random.Random) -> list[Any]:
    inner = shape.inner
    if not inner or not (inner.kind or inner.seen):  # all lists that were seen were empty
        return []
    if inner.kind == "list" and _is_always(shape, _is_even):
        width = length if _is_always(shape, _is_square) else _length(inner, rng)
        return [_draw_row(inner, width, rng) for _ in range(length)]
    drawn = [draw(inner, rng) for _ in range(length)]
    if _is_always(shape, _is_distinct):
        drawn = [each for number, each in enumerate(drawn) if each not in drawn[:number]]
    return sorted(drawn) if _is_always(shape, _is_sorted) else drawn


def _draw_row(row: Shape, width: int, rng: random.Random) -> list[Any]:
    item = row.inner
    return [draw(item, rng) for _ in range(width)] if item and (item.kind or item.seen) else []


def _draw_other(shape: Shape, rng: random.Random) -> Any:
    seen = shape.seen
    if seen and (shape.kind not in ("int", "float") or rng.random() < 0.5):
        return rng.choice(seen)
    if shape.kind == "int":
        return rng.randint(*_range(shape))
    if shape.kind == "float":
        return round(rng.uniform(*_range(shape)), 2)
    return rng.random() < 0.5 if shape.kind == "bool" else None


def _length(shape: Shape, rng: random.Random) -> int:
    lengths = [len(each) for each in shape.seen]
    if len(lengths) < _FEW:
        return rng.randint(0, max(lengths, default=_MAX_LENGTH) + 1)
    return rng.randint(min(lengths), max(lengths))


def _range(shape: Shape) -> tuple[Any, Any]:
    low, high = min(shape.seen, default=0), max(shape.seen, default=0)
    return (low, high) if len(shape.seen) >= _FEW else (low - _BEYOND, high + _BEYOND)


def _is_always(shape: Shape, has: Callable[[list[Any]], bool]) -> bool:
    """Whether all lists seen have a property, and one of them is long enough for that to be no chance."""
    return any(len(each) > 1 for each in shape.seen) and all(map(has, shape.seen))


def _is_even(rows: list[Any]) -> bool:
    return len({len(row) for row in rows}) <= 1


def _is_square(rows: list[Any]) -> bool:
    return all(len(row) == len(rows) for row in rows)


def _is_distinct(items: list[Any]) -> bool:
    return all(each not in items[:number] for number, each in enumerate(items))


def _is_sorted(items: list[Any]) -> bool:
    try:
        return all(left <= right for left, right in itertools.pairwise(items))
    except TypeError:  # values that have no order
        return False


def _shape_of(values: Sequence[Any]) -> Shape:
    kinds = {_KINDS.get(type(each), "") for each in values}
    if kinds == {"int", "float"}:
        return Shape(kind="float", seen=tuple(float(each) for each in values))
    kind = kinds.pop() if len(kinds) == 1 else ""
    inner = None
    if kind == "list":
        inner = _shape_of([item for each in values for item in each])
    if kind == "dict":
        inner = _shape_of([item for each in values for item in each.values()])
    return Shape(kind=kind, inner=inner, seen=tuple(values))


def _shape_of_annotation(node: ast.expr | None) -> Shape | None:
    if isinstance(node, ast.Name) and node.id in _NAMES:
        return Shape(kind=_NAMES[node.id], inner=Shape(kind="int") if _NAMES[node.id] in ("list", "dict") else None)
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in _NAMES:
        held = node.slice.elts[-1] if isinstance(node.slice, ast.Tuple) else node.slice
        inner = _shape_of_annotation(held)
        return Shape(kind=_NAMES[node.value.id], inner=inner) if inner else None
    return None
