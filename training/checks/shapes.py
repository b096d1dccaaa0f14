"""What the arguments of a function look like, from examples or from its signature, and new ones that look so."""

import ast
import random
from collections.abc import Sequence
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
    """A value of that shape: near one that was seen, or a small one."""
    if shape.kind == "list":
        inner = shape.inner
        known = inner and (inner.kind or inner.seen)  # all lists that were seen may be empty ones
        return [draw(inner, rng) for _ in range(_length(shape, rng))] if inner and known else []
    if shape.kind == "dict":
        keys = [key for each in shape.seen for key in each] or list("abc")
        inner = shape.inner or Shape(kind="int")
        return {rng.choice(keys): draw(inner, rng) for _ in range(_length(shape, rng))}
    if shape.kind == "str":
        alphabet = "".join(shape.seen) or _LETTERS
        return "".join(rng.choice(alphabet) for _ in range(_length(shape, rng)))
    if shape.kind == "bool":
        return rng.random() < 0.5
    return _draw_other(shape, rng)


def _draw_other(shape: Shape, rng: random.Random) -> Any:
    seen = shape.seen
    if shape.kind == "int":
        low, high = min(seen, default=-10), max(seen, default=20)
        return rng.randint(low, high) if rng.random() < 0.5 else rng.choice(seen or (0, 1)) + rng.randint(-2, 2)
    if shape.kind == "float":
        return round(rng.uniform(min(seen, default=-10.0), max(seen, default=20.0)), 2)
    return rng.choice(seen) if seen else None


def _length(shape: Shape, rng: random.Random) -> int:
    longest = max((len(each) for each in shape.seen), default=_MAX_LENGTH)
    return rng.randint(0, longest + 1)


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
