"""From a line of Python that claims something of a function to a check: strong where it is a call and its result.

Strong are `f(literals) == literal`, the other way round, `is` with True, False or None, `f(literals)`, `not
f(literals)`, and what allows for rounding: `abs(f(literals) - number) < number`, `math.isclose(f(literals), number)`,
`f(literals) == pytest.approx(numbers)`. Literals may be computed (`3 * 19`, `set([1])`): see `literal`. Keyword
arguments, `round`, loops and other comparisons take a statement.
"""

import ast
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from training.execution.values import literal, literal_text
from training.rows import NEAR, Check, Provenance, Tolerance


class _Claim(NamedTuple):
    """What a condition says: that this call gives this value, or one near it."""

    call: ast.expr
    value: Any
    tolerance: Tolerance = NEAR


def claim(condition: ast.expr, name: str, origin: Provenance | None = None) -> Check | None:
    """The strong check that says what `condition` says of `name`, or None if it takes a statement to say it.

    `f(…)` and `not f(…)` are read as True and False exactly; whoever makes checks of them runs a right program first.
    """
    found = _claim(condition)
    arguments = call_arguments(found.call, name) if found else None
    expected = literal_text(found.value) if found else None
    if found is None or arguments is None or expected is None:
        return None
    try:
        return Check.of_call(arguments, expected, tolerance=found.tolerance, provenance=origin)
    except ValueError:  # too large
        return None


def call_arguments(call: ast.expr, name: str) -> tuple[Any, ...] | None:
    """The arguments of `name(literals)`; None for anything else."""
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == name):
        return None
    literals = [literal(each) for each in call.args]
    if call.keywords or not all(known for known, _ in literals):
        return None
    return tuple(value for _, value in literals)


def statement(text: str, origin: Provenance | None = None) -> Check:
    """A weak check: Python that must not raise."""
    return Check(statement=text, provenance=origin)


def _claim(condition: ast.expr) -> _Claim | None:
    match condition:
        case ast.UnaryOp(op=ast.Not(), operand=call):
            return _Claim(call, False)
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is() as operation], comparators=[right]):
            return _equal(operation, left, right) or _equal(operation, right, left)
        case ast.Compare(left=ast.Call() as left, ops=[ast.Lt() | ast.LtE() as operation], comparators=[right]):
            return _within(left, right, is_open=isinstance(operation, ast.Lt))
        case ast.Compare(left=left, ops=[ast.Gt() | ast.GtE() as operation], comparators=[ast.Call() as right]):
            return _within(right, left, is_open=isinstance(operation, ast.Gt))
        case ast.Call() if _called(condition) == "isclose":
            return _close(condition)
        case _:
            return _Claim(condition, True)


def _equal(operation: ast.cmpop, call: ast.expr, other: ast.expr) -> _Claim | None:
    known, value = literal(other)
    if known:
        is_singleton = value is None or isinstance(value, bool)
        return _Claim(call, value) if is_singleton or isinstance(operation, ast.Eq) else None
    if isinstance(operation, ast.Eq) and isinstance(other, ast.Call) and _called(other) == "approx":
        return _approximate(call, other)
    return None


def _within(size: ast.Call, bound: ast.expr, *, is_open: bool) -> _Claim | None:
    """`abs(f(…) - y) < bound`."""
    known, limit = literal(bound)
    if not (known and _is_number(limit) and _called(size) == "abs" and len(size.args) == 1):
        return None
    difference = size.args[0]
    if not (isinstance(difference, ast.BinOp) and isinstance(difference.op, ast.Sub)):
        return None
    absolute = math.nextafter(limit, -math.inf) if is_open else limit
    return _number(difference.left, difference.right, Tolerance(absolute=absolute)) if absolute >= 0 else None


def _close(call: ast.Call) -> _Claim | None:
    """`math.isclose(f(…), y)`. Source: the library's documentation, for its defaults."""
    named = _keywords(call, {"rel_tol": 1e-9, "abs_tol": 0.0})
    if named is None or len(call.args) != 2:
        return None
    tolerance = Tolerance(relative=named["rel_tol"], absolute=named["abs_tol"])
    return _number(call.args[0], call.args[1], tolerance)


def _approximate(call: ast.expr, approx: ast.Call) -> _Claim | None:
    """`f(…) == pytest.approx(y)`: of a number, `relative` is of y; of numbers, as `math.isclose` has it.

    Source: pytest's documentation of `approx`: `abs` alone leaves `rel` out.
    """
    names = {each.arg for each in approx.keywords}
    named = _keywords(approx, {"rel": 0.0 if names == {"abs"} else 1e-6, "abs": 1e-12})
    known, value = literal(approx.args[0]) if len(approx.args) == 1 else (False, None)
    value = _as_floats(value)
    if named is None or not known or value is None:
        return None
    if isinstance(value, float):
        return _Claim(call, value, Tolerance(absolute=max(named["rel"] * abs(value), named["abs"])))
    return _Claim(call, value, Tolerance(relative=named["rel"], absolute=named["abs"]))


def _number(left: ast.expr, right: ast.expr, tolerance: Tolerance) -> _Claim | None:
    """A call and a number, whichever is which. It becomes a float: rounding is allowed only where one is."""
    for call, other in ((left, right), (right, left)):
        value = _as_floats(literal(other)[1])
        if isinstance(value, float):
            return _Claim(call, value, tolerance)
    return None


def _as_floats(value: Any) -> Any:
    """Numbers as floats, also in lists, tuples and dictionaries; None for anything else."""
    if _is_number(value):
        try:
            return float(value)
        except OverflowError:
            return None
    if isinstance(value, dict):
        found = {key: _as_floats(each) for key, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
        return None if None in found.values() else found
    if not isinstance(value, list | tuple):
        return None
    items = [_as_floats(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
    return None if None in items else type(value)(items)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _called(call: ast.Call) -> str:
    """`isclose`, also of `math.isclose`."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="math" | "pytest"), attr=name):
            return name
        case _:
            return ""


def _keywords(call: ast.Call, defaults: Mapping[str, float]) -> dict[str, float] | None:
    """Numbers by keyword; None if there is another keyword, or one that is no number from 0 on."""
    found = dict(defaults)
    for each in call.keywords:
        _, value = literal(each.value)
        if each.arg is None or each.arg not in defaults or not _is_number(value) or not value >= 0:
            return None
        found[each.arg] = float(value)
    return found
