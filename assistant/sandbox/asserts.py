"""Asserts as calls: what can be judged outside of the program's process should be."""

import ast
import json
import math
from dataclasses import dataclass
from typing import Any

from assistant.sandbox.values import canonical_text, decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A strong test: call with these inputs, and see whether what an assert says holds of the result."""

    inputs: tuple[Any, ...]
    """Values of built-in types."""
    expected: str
    """Canonical JSON."""
    is_identity: bool = False
    """`is` in the place of `==`."""
    rel_tol: float | None = None
    abs_tol: float | None = None
    """As in `math.isclose`, where the assert allows for rounding."""

    def holds(self, found: str | None) -> bool:
        """Whether the assert would, for a result in canonical JSON, have passed; None: there is no result.

        It compares as Python does, so `True == 1`, but only what is of built-in types through and through.
        """
        if found is None or self.is_identity:
            return found == self.expected
        try:
            value, expected = decoded(json.loads(found)), decoded(json.loads(self.expected))
            if self.rel_tol is None and self.abs_tol is None:
                return value == expected
            return math.isclose(value, expected, rel_tol=self.rel_tol or 0.0, abs_tol=self.abs_tol or 0.0)
        except (ValueError, TypeError, OverflowError, RecursionError):
            return False


def translated(statement: str, entry_point: str) -> Call | None:
    """The call that an assert makes; None where it says more than that a call with literals yields a literal.

    Understood are `f(…) == literal` either way round, `f(…) is None` or `True` or `False`, `not f(…) != literal`,
    `math.isclose(f(…), number, …)` and `abs(f(…) - number) < number`. Not `assert f(…)`: many values are true.
    """
    try:
        (node,) = ast.parse(statement).body
        return _translated(node.test, entry_point) if isinstance(node, ast.Assert) else None
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):  # also of `literal_eval`
        return None


def _translated(test: ast.expr, entry_point: str) -> Call | None:
    match test:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            return _equal(left, right, entry_point)
        case ast.UnaryOp(ast.Not(), ast.Compare(left=left, ops=[ast.NotEq()], comparators=[right])):
            return _equal(left, right, entry_point)
        case ast.Compare(left=left, ops=[ast.Is()], comparators=[ast.Constant(None | True | False) as right]):
            return _call(left, right, entry_point, is_identity=True)
        case ast.Compare(
            left=ast.Call(ast.Name("abs"), [ast.BinOp(left, ast.Sub(), right)], []),
            ops=[ast.Lt() | ast.LtE()],
            comparators=[bound],
        ):
            return _equal(left, right, entry_point, abs_tol=float(ast.literal_eval(bound)))
        case ast.Call(ast.Attribute(ast.Name("math"), "isclose") | ast.Name("isclose"), [left, right], keywords):
            tolerances: dict[str, float] = {"rel_tol": 1e-9, "abs_tol": 0.0}
            tolerances |= {str(each.arg): float(ast.literal_eval(each.value)) for each in keywords}
            return _equal(left, right, entry_point, **tolerances)
        case _:
            return None


def _equal(left: ast.expr, right: ast.expr, entry_point: str, **how: Any) -> Call | None:
    return _call(left, right, entry_point, **how) or _call(right, left, entry_point, **how)


def _call(node: ast.expr, expected: ast.expr, entry_point: str, **how: Any) -> Call | None:
    match node:
        case ast.Call(ast.Name(name), arguments, []) if name == entry_point:
            inputs = tuple(ast.literal_eval(each) for each in arguments)
            return Call(inputs=inputs, expected=canonical_text(ast.literal_eval(expected)), **how)
        case _:
            return None
