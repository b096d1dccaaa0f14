"""Which checks are lifted from examples and asserts, and which of them are strong."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    "solve((1, 2)) == 4": None,  # a tuple does not come back from JSON
    "solve({1: 2}) == 4": None,
    "solve(b'a') == 4": None,
    "solve(1e999) == 4": None,
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

    assert (made and (made.inputs, made.expected)) == CLAIMS[condition]


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
    return (check.inputs, check.expected) if check.trust == "strong" else check.statement


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
