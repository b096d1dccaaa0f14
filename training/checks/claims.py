"""From a line of Python that claims something of a function to a check: strong where it is a call and a literal."""

import ast
from typing import Any

from training.execution.values import is_json, literal, literal_text
from training.rows import Check, Provenance


def claim(condition: ast.expr, name: str, origin: Provenance) -> Check | None:
    """The strong check that says what `condition` says, or None if it takes a statement to say it."""
    claimed = call_and_result(condition, name)
    expected = literal_text(claimed[1]) if claimed else None
    return Check(inputs=claimed[0], expected=expected, provenance=origin) if claimed and expected is not None else None


def call_and_result(condition: ast.expr, name: str) -> tuple[tuple[Any, ...], Any] | None:
    """The arguments, JSON values, and the result that `condition` claims of `name`; None for any other condition.

    `f(literals) == literal`, the other way round, `is` with True, False or None, `f(literals)` and `not f(literals)`.
    The last two are read as True and False exactly; whoever makes checks of them runs a right program first.
    """
    call, (known, value) = _parts(condition)
    inputs = call_inputs(call, name)
    return (inputs, value) if known and inputs is not None else None


def call_inputs(call: ast.expr, name: str) -> tuple[Any, ...] | None:
    """The arguments of `name(literals)` as JSON values; None for anything else."""
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == name):
        return None
    literals = [literal(each) for each in call.args]
    if call.keywords or not all(known and is_json(value) for known, value in literals):
        return None
    return tuple(value for _, value in literals)


def _parts(condition: ast.expr) -> tuple[ast.expr, tuple[bool, Any]]:
    """What would be the call, and the literal that it should return, if that is known."""
    if isinstance(condition, ast.UnaryOp) and isinstance(condition.op, ast.Not):
        return condition.operand, (True, False)
    if not isinstance(condition, ast.Compare):
        return condition, (True, True)
    if len(condition.ops) != 1 or not isinstance(condition.ops[0], ast.Eq | ast.Is):
        return condition, (False, None)
    left, right = condition.left, condition.comparators[0]
    if literal(left)[0]:
        left, right = right, left
    known, value = literal(right)
    is_singleton = value is None or isinstance(value, bool)
    return left, (known and (isinstance(condition.ops[0], ast.Eq) or is_singleton), value)


def statement(text: str, origin: Provenance) -> Check:
    """A weak check: Python that must not raise."""
    return Check(statement=text, provenance=origin)
