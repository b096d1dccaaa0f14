"""Asserts that are calls in disguise are judged outside; the rest stay what they are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sandbox.asserts import translated
from assistant.sandbox.values import canonical_text


@pytest.mark.parametrize(
    ("statement", "inputs", "passing", "failing"),
    [
        ("assert f(1, [2, (3,)]) == {1: 'a'}", (1, [2, (3,)]), {1: "a"}, {1: "b"}),
        ("assert {1} == f(-1)", (-1,), {1}, [1]),
        ("assert f(2) == 4", (2,), 4.0, 5),
        ("assert f(2) == True", (2,), 1, 0),
        ("assert f('x') is None, 'a message'", ("x",), None, 0),
        ("assert f() is True", (), True, 1),
        ("assert not f(2) != 3", (2,), 3, 4),
        ("assert abs(f(2) - 1.5) < 1e-6", (2,), 1.5000001, 1.6),
        ("assert abs(1e6 - f(2)) < 1e-6", (2,), 1e6, 1e6 + 0.5),
        ("assert math.isclose(f(2.0), 100, rel_tol=0.01)", (2.0,), 100.5, 102),
        ("assert math.isclose(f(2), 1.5)", (2,), 1.5, 1.50001),
    ],
)
def test_a_call_with_literals_is_judged_outside(statement: str, inputs: Any, passing: Any, failing: Any) -> None:
    """By Python's own idea of equal, so that the verdict is the assert's."""
    call = translated(statement, "f")

    assert call is not None
    assert call.inputs == inputs
    assert call.holds(canonical_text(passing))
    assert not call.holds(canonical_text(failing))
    assert not call.holds(canonical_text(object()))
    assert not call.holds(None)


@pytest.mark.parametrize(
    "statement",
    [
        "assert f(1)", "assert not f(1)", "assert f(1) < 2", "assert f(g(1)) == 2", "assert f(x) == 2", "x = f(1) == 2",
        "assert g(1) == 2", "assert f(x=1) == 2", "assert f(*[1]) == 2", "assert f(1) == f(1)", "assert f(1).x == 2",
        "assert f(1)[0] == 2", "assert 1 < f(1) == 2", "assert f(1) == 2 and f(2) == 3", "assert f(1) == 2\nf(2)",
        "assert f({[]}) == 1", "assert f(1) == {[]: 1}", "assert f(1", "", "assert abs(f(1) - 2) < x", "\0",
        "assert math.isclose(f(1), 2, **x)", "assert f(1) == " + "[" * 500,
    ],
)  # fmt: skip
def test_whatever_says_more_stays_an_assert(statement: str) -> None:
    """It is run beside the program, and counts less."""
    assert translated(statement, "f") is None


LITERALS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3) | st.tuples(inner),
    max_leaves=8,
)


@given(LITERALS, LITERALS, LITERALS)
def test_the_verdict_is_the_one_of_python(argument: Any, expected: Any, found: Any) -> None:
    """The oracle is the assert itself, executed."""
    call = translated(f"assert f({argument!r}) == {expected!r}", "f")

    assert call is not None
    assert call.inputs == (argument,)
    assert call.holds(canonical_text(found)) is (found == expected)
    assert call.holds(canonical_text(expected))


@given(st.text())
def test_any_text_is_a_statement_or_is_not(text: str) -> None:
    """Data files are anybody's."""
    assert translated(text, "f") is None or "f" in text
