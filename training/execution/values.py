"""Literals in programs, and when a result is the expected one."""

import ast
import copy
import operator
from collections.abc import Callable, Mapping
from typing import Any

from assistant.sandbox.values import canonical_text, is_opaque, is_same
from training.rows import NEAR

_MAX_BASE, _MAX_EXPONENT, _MAX_ITEMS = 1000, 64, 10_000
_ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_BUILDERS: Mapping[str, Callable[..., Any]] = {
    each.__name__: each for each in (float, set, frozenset, tuple, list, dict)
}


def same(result: str | None, expected: str) -> bool:
    """Whether a result (canonical JSON, None where there is none) is the expected one, or near it: see `is_same`."""
    return result is not None and is_same(expected, result, tolerance=NEAR)


def is_comparable(result: str | None) -> bool:
    """Whether there is a result that something can be equal to."""
    return result is not None and not is_opaque(result)


def literal(node: ast.expr) -> tuple[bool, Any]:
    """Whether an expression has a value that needs no program, and that value.

    Literals, what arithmetic makes of them (`3 * 19`, `"ab" + "c"`), and `set([1, 2])`, `float("inf")` and their like.
    """
    try:
        return True, ast.literal_eval(_Folded().visit(copy.deepcopy(node)))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError, ArithmeticError):
        return False, None


class _Folded(ast.NodeTransformer):
    """Expressions without names become constants, as the compiler does it."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        values = ast.literal_eval(node.left), ast.literal_eval(node.right)
        if type(node.op) not in _ARITHMETIC or not _is_small(node.op, *values):
            raise ValueError("not computed here")
        return ast.Constant(_ARITHMETIC[type(node.op)](*values))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        build = _BUILDERS.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if build is None or node.keywords or len(node.args) > 1:
            return node
        return ast.Constant(build(*map(ast.literal_eval, node.args)))


def _is_small(operation: ast.operator, left: Any, right: Any) -> bool:
    """Whether it is arithmetic, or text and lists put together, and makes nothing large."""
    if isinstance(left, int | float) and isinstance(right, int | float):
        return not isinstance(operation, ast.Pow) or (abs(left) <= _MAX_BASE and abs(right) <= _MAX_EXPONENT)
    if isinstance(operation, ast.Mult):
        return isinstance(left, str | list | tuple) and len(left) * right <= _MAX_ITEMS  # pyright: ignore[reportUnknownArgumentType]
    return isinstance(operation, ast.Add)


def literal_text(value: Any) -> str | None:
    """The canonical JSON of a literal's value; None where it is too large for that."""
    try:
        return canonical_text(value)
    except ValueError:
        return None
