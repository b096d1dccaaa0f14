"""Which checks are lifted from examples and asserts, and which of them are strong."""

import ast
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sandbox.values import canonical_text
from tests.rank_rows import HAND
from training.checks.asserts import asserts, without_asserts
from training.checks.claims import claim
from training.checks.doctests import docstrings, doctests
from training.rows import Check

CLAIMS = {
    "solve(2) == 4": ((2,), "4"),
    "4 == solve(2)": ((2,), "4"),
    "solve([1, -2], 'a') == (1, 'b')": (([1, -2], "a"), '{"tuple": [1, "b"]}'),
    "solve() == {1: [2]}": ((), '{"dict": [[1, [2]]]}'),
    "solve(0.5) == {3, 1}": ((0.5,), '{"set": [1, 3]}'),
    "solve({'a': None}) is None": (({"a": None},), "null"),
    "solve(7)": ((7,), "true"),
    "not solve(7)": ((7,), "false"),
    "solve(2) is 4": None,
    "solve(2) != 4": None,
    "solve((1, [2]), {3}) == 4": (((1, [2]), {3}), "4"),
    "solve({1: b'a', (2, None): 0.5}) == 4": (({1: b"a", (2, None): 0.5},), "4"),
    "solve(-1e999) == 4": ((-math.inf,), "4"),
    "solve(3 * 19, 'a' + 'b') == 2 ** 3": ((57, "ab"), "8"),
    "solve([1, 0 ** 0], [0] * 2) == (3 + 5, 7 // 2)": (([1, 1], [0, 0]), '{"tuple": [8, 3]}'),
    "solve(set(), float('inf')) == set([1])": ((set(), math.inf), '{"set": [1]}'),
    "solve(9 ** 9 ** 9) == 4": None,
    "solve([0] * 10 ** 9) == 4": None,
    "solve('%0999999999d' % 1) == 4": None,
    "solve(1 // 0) == 4": None,
    "solve(list(range(9))) == 4": None,
    "solve(x) == 4": None,
    "solve(k=2) == 4": None,
    "solve(*[2]) == 4": None,
    "solve(2) == b'a'": ((2,), '{"bytes": "61"}'),
    "solve(2) == solve(3)": None,
    "other(2) == 4": None,
    "solve(solve(2)) == 4": None,
    "1 < solve(2) < 3": None,
    "sorted(solve(2)) == [1]": None,
}


@pytest.mark.parametrize("condition", CLAIMS)
def test_a_call_of_literals_with_a_literal_result_is_strong(condition: str) -> None:
    """Everything else takes a statement to say it."""
    made = claim(ast.parse(condition, mode="eval").body, "solve", HAND)

    assert (made and (made.arguments(), made.expected)) == CLAIMS[condition]


NEAR_ENOUGH: dict[str, tuple[list[Any], list[Any]]] = {  # what passes, and what does not
    "abs(solve(1) - 10) < 1": ([10, 10.0, 10.9, 9.1], [11, 9, 11.0, 12, "10", None, [10.0]]),
    "1 >= abs(10 - solve(1))": ([10, 11, 9.0], [11.001]),
    "abs(solve(1) - 2.0 / 3.0) < 1e-6": ([2 / 3, 0.66666700], [0.66668]),
    "math.isclose(solve(1), 100)": ([100, 100.00000005], [100.0000002]),
    "isclose(100, solve(1), rel_tol=0.1)": ([110.0, 91], [112.0, 89]),
    "math.isclose(solve(1), 0, abs_tol=0.5)": ([0.5, -0.5, 0], [0.51]),
    "solve(1) == pytest.approx(2)": ([2, 2.000001], [2.00001, True]),
    "approx(2.0, abs=0.1) == solve(1)": ([2.09, 1.91], [2.11]),
    "solve(1) == pytest.approx(1, rel=0.5)": ([1.5, 0.5], [2.0]),
    "solve(1) == pytest.approx([0.1 + 0.2, 2])": ([[0.3, 2], [0.3, 2.0]], [(0.3, 2), [0.3], [0.31, 2], 0.3]),
    "solve(1) == pytest.approx({'a': 0.3})": ([{"a": 0.1 + 0.2}], [{"a": 0.31}, {"b": 0.3}]),
    "solve(1) == 0.3": ([0.1 + 0.2], [0.3001]),
    "solve(1) == 2": ([2, 2.0, 2.0000001], [3, "2"]),
    "solve(1) == 1": ([1, 1.0], [True]),
}  # fmt: skip


@pytest.mark.parametrize("condition", NEAR_ENOUGH)
def test_a_tolerance_is_that_of_the_assert(condition: str) -> None:
    """Bounds as Python draws them; types count, except that of two numbers."""
    passing, failing = NEAR_ENOUGH[condition]
    made = claim(ast.parse(condition, mode="eval").body, "solve", HAND)

    assert made
    assert [each for each in passing if not made.accepts(canonical_text(each))] == []
    assert [each for each in failing if made.accepts(canonical_text(each))] == []
    assert not made.accepts(None)


BOUNDS = (
    "abs(solve(1) - {y}) < {t}",
    "abs({y} - solve(1)) <= {t}",
    "{t} > abs(solve(1) - {y})",
    "math.isclose(solve(1), {y}, rel_tol={t})",
    "math.isclose({y}, solve(1), abs_tol={t}, rel_tol=0)",
    "solve(1) == pytest.approx({y}, rel={t}, abs={t})",
)


@given(
    st.sampled_from(BOUNDS),
    st.floats(-1e6, 1e6) | st.integers(-5, 5),
    st.sampled_from([1, 0.5, 1e-3, 1e-9]),
    st.floats(-1e6, 1e6) | st.sampled_from([0, 1, 0.5, 1e-3, -1e-9]),
)
def test_the_check_says_what_the_assert_says(form: str, y: float, t: float, away: float) -> None:
    """Python and pytest are the oracle."""
    condition = form.format(y=y, t=t)
    found = y + away
    made = claim(ast.parse(condition, mode="eval").body, "solve", HAND)

    says = eval(condition, {"solve": lambda _: found, "math": math, "pytest": pytest})  # noqa: S307 - one of BOUNDS
    assert made
    assert made.accepts(canonical_text(found)) == bool(says)


@pytest.mark.parametrize(
    "condition",
    [
        "abs(solve(1)) < 2", "abs(solve(1) - x) < 1", "abs(solve(1) - 2) < 0", "abs(solve(1) - 2) < tolerance",
        "abs(solve(1) - 'a') < 1", "abs(solve(1) + 2) < 1", "numpy.isclose(solve(1), 2)", "math.isclose(solve(1))",
        "math.isclose(solve(1), 2, eps=1)", "math.isclose(solve(1), 2, rel_tol=-1)", "solve(1) == pytest.approx('a')",
        "solve(1) == pytest.approx(1, nan_ok=True)", "solve(1) == pytest.approx(None)", "round(solve(1), 2) == 0.33",
        f"abs(solve(1) - {10**400}) < 1", "abs(other(1) - 1) < 1", "solve(1) is pytest.approx(2.0)",
    ],
)  # fmt: skip
def test_what_no_number_bounds_is_no_tolerance(condition: str) -> None:
    """It stays a statement, or is none at all."""
    assert claim(ast.parse(condition, mode="eval").body, "solve", HAND) is None


SESSIONS = {
    "as in a docstring": ('"""Add one.\n\n    >>> solve(1)\n    2\n    """', [((1,), "2")]),
    "two in a row": (">>> solve(1)\n2\n>>> solve(2)\n3\n", [((1,), "2"), ((2,), "3")]),
    "in a fence": ("Like so:\n```python\n>>> solve([])\n[]\n```\nand so on", [(([],), "[]")]),
    "over two lines": (">>> solve([1,\n...        2])\n'ab'\n", [(([1, 2],), '"ab"')]),
    "none of ours": (">>> other(1)\n2\n", []),
    "a traceback": (">>> solve(1)\nTraceback (most recent call last):\nValueError\n", []),
    "nothing shown": (">>> solve(1)\n", []),
    "no space behind the prompt": (">>>solve(1)\n2\n", []),
    "an unfinished line": (">>> solve(\n2\n", []),
    "after a setup": (">>> x = (1, 2)\n>>> solve(x)\n3\n", ["x = (1, 2)\nassert (solve(x)) == (3)"]),
    "an object": (">>> solve(1)\n<Thing 1>\n", ["assert repr(solve(1)) == '<Thing 1>'"]),
    "an expression of it": (">>> len(solve(1))\n2\n", ["assert (len(solve(1))) == (2)"]),
    "a broken block beside a good one": (">>>solve(1)\n2\n\n>>> solve(1)\n2\n", [((1,), "2")]),
}


def _said(check: Check) -> object:
    return (check.arguments(), check.expected) if check.trust == "strong" else check.statement


@pytest.mark.parametrize("name", SESSIONS)
def test_examples_become_checks(name: str) -> None:
    """Strong where the example is a plain call, weak where it takes Python to compare, none where it shows nothing."""
    text, expected = SESSIONS[name]

    assert [_said(each) for each in doctests(text, "solve", HAND)] == expected


def test_docstrings_are_read_all_through_a_program() -> None:
    """Also those of methods, and none where nothing parses."""
    program = '"""A"""\ndef f():\n    "B"\nclass C:\n    def g(self):\n        "D"\n'

    assert sorted(each for each in docstrings(program) if each) == ["A", "B", "D"]
    assert list(docstrings("def")) == []


ASSERTS = {
    "below the function": ("def solve(x):\n    return x\nassert solve(1) == 1\n", [((1,), "1")]),
    "in a block beside it": (
        "Look:\n```python\ndef solve(x): ...\n```\nTests:\n```\nassert solve(1)\n```\n",
        [((1,), "true")],
    ),
    "in a test function": ("def test_it():\n    assert solve(1) == 2\n", [((1,), "2")]),
    "in a check of a candidate": ("def check(candidate):\n    assert candidate(1) == 2, 'no'\n", [((1,), "2")]),
    "with a fixture": ("def test_it(a, b):\n    assert solve(a) == b\n", []),
    "of a variable": ("x = 3\nassert solve(x) == 3\n", []),
    "of another function": ("assert other(1) == 1\n", []),
    "inside the function": ("def solve(x):\n    assert x > 0\n    return x\n", []),
    "with a library's tolerance": (
        "import math\nassert math.isclose(solve(1), 1)\n",
        [((1,), '{"float": "0x1.0000000000000p+0"}')],
    ),
    "with a library": ("assert math.floor(solve(1)) == 1\n", []),
    "weak": ("assert sorted(solve(1)) == [1]\n", ["assert sorted(solve(1)) == [1]"]),
    "with its own names": ("assert all(x > 0 for x in solve(1))\n", ["assert all((x > 0 for x in solve(1)))"]),
    "in words": ("I assert solve(1) == 1.", []),
}


@pytest.mark.parametrize("name", ASSERTS)
def test_asserts_that_stand_for_themselves_become_checks(name: str) -> None:
    """What leans on a variable, a fixture or another function does not."""
    text, expected = ASSERTS[name]

    assert [_said(each) for each in asserts(text, "solve", HAND)] == expected


def test_a_program_is_asked_without_its_own_asserts() -> None:
    """One that does not hold would end it before the first call."""
    program = "def solve(x):\n    assert x\n    return x\nassert solve(0)\n"

    assert without_asserts(program) == "def solve(x):\n    assert x\n    return x"


@given(st.text(alphabet=">. solve(1)\n\"'`=[]{}x", max_size=80))
def test_any_text_is_read_without_a_failure(text: str) -> None:
    """Prompts and answers are wild."""
    for each in (*doctests(text, "solve", HAND), *asserts(text, "solve", HAND)):
        assert each.trust == "weak" or each.expected
