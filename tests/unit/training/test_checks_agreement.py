"""Which results are believed where nobody knows them, and what inputs are generated."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sandbox.values import in_order
from training.checks.shapes import draw, shapes_of_examples, shapes_of_signature
from training.checks.voting import Voter, believed

VOTES = {
    "three of four": (["1", "1", "1", "2"], [], ("1", 3, 4)),
    "two are not enough": (["1", "1"], [], None),
    "half is not more than half": (["1", "1", "1", "2", "2", "2"], [], None),
    "those that raise are not of that mind": (["1", "1", "1", None, None, None], [], None),
    "a teacher's vote counts": (["1", "1"], ["1"], ("1", 3, 3)),
    "a teacher vetoes": (["1", "1", "1", "1"], ["2"], None),
    "a teacher that raises is silent": (["1", "1", "1"], [None], ("1", 3, 4)),
    "objects are not compared": (['{"other": "C"}'] * 3, [], None),
    "floats agree nearly": (['{"float": "0x1.0p+0"}', '{"float": "0x1.0000000000001p+0"}', "1"], [], ("1", 3, 3)),
    "true is not one": (["1", "1", "true", "true"], [], None),
    "nobody": ([], [], None),
}


def _voters(students: list[str | None], teachers: list[str | None]) -> list[Voter]:
    """Each also returns something for an input before, so that it is heard."""
    return [
        *(Voter(role="student", values=("0", value)) for value in students),
        *(Voter(role="teacher", values=("0", value)) for value in teachers),
    ]


@pytest.mark.parametrize("name", VOTES)
def test_a_result_is_believed_when_enough_agree_and_no_teacher_differs(name: str) -> None:
    """At least three, more than half of the voters, no veto."""
    students, teachers, expected = VOTES[name]

    found = [each for each in believed(_voters(students, teachers), min_votes=3) if each.number == 1]

    assert [(each.expected, each.votes, each.voters) for each in found] == ([expected] if expected else [])


def test_a_program_that_never_returns_is_no_voter() -> None:
    """What does not compile says nothing about the task."""
    voters = [*(Voter(role="student", values=("1",)) for _ in range(3)), *(Voter(role="student", values=(None,)),) * 9]

    assert [each.voters for each in believed(voters, min_votes=3)] == [3]


@given(st.lists(st.sampled_from(["1", "2", "true", None]), max_size=8), st.randoms())
def test_agreement_does_not_depend_on_the_order_of_the_voters(values: list[str | None], rng: random.Random) -> None:
    """A shuffled vote ends the same."""
    voters = [Voter(role="student", values=(value,)) for value in values]

    assert believed(rng.sample(voters, len(voters)), min_votes=2) == believed(voters, min_votes=2)


def test_inputs_look_like_the_examples() -> None:
    """Kinds, alphabets, keys and ranges are those that were seen."""
    shapes = shapes_of_examples([([3, 9, 4, 4], "ab", {"k": 1.5}), ([], "c", {})])
    assert shapes
    rng = random.Random(0)

    for _ in range(200):
        numbers, text, table = (draw(shape, rng) for shape in shapes)
        assert all(type(each) is int and 3 <= each <= 9 for each in numbers)
        assert set(text) <= set("abc")
        assert set(table) <= {"k"}
        assert all(type(each) is float for each in table.values())


HABITS = {
    "rows of one length": ([[[1, 2, 3], [4, 5, 6]], [[7], [8]]], lambda rows: len({len(row) for row in rows}) <= 1),
    "squares": ([[[1, 2], [3, 4]], [[7]]], lambda rows: all(len(row) == len(rows) for row in rows)),
    "sorted": ([[1, 2, 2], [0, 9]], lambda items: items == sorted(items)),
    "without repetitions": ([[3, 1, 2], [9, 0]], lambda items: len(set(items)) == len(items)),
    "zeros and ones, at least one": ([[0, 1, 0], [1], [0, 1], [1, 1]], lambda items: items and set(items) <= {0, 1}),
}


@pytest.mark.parametrize("name", HABITS)
def test_inputs_keep_to_what_all_examples_have_in_common(name: str) -> None:
    """Beyond that two right programs may differ."""
    examples, has = HABITS[name]
    (shape,) = shapes_of_examples([(each,) for each in examples]) or ()
    rng = random.Random(0)

    assert all(has(draw(shape, rng)) for _ in range(200))


SIGNATURES = {
    "def solve(x: int, y: list[str]): ...": ["int", "list"],
    "def solve(x: List[List[int]], y: Dict[str, float]) -> int: ...": ["list", "dict"],
    "def solve(x: str = 'a'): ...": ["str"],
    "def solve(x: list): ...": ["list"],
    "def solve(x: int, y): ...": None,
    "def solve(x: Path): ...": None,
    "def other(x: int): ...": None,
    "def solve(x: int": None,
}


@pytest.mark.parametrize("program", SIGNATURES)
def test_shapes_are_read_from_annotations(program: str) -> None:
    """All arguments, or none."""
    shapes = shapes_of_signature(program, "solve")

    assert (shapes and [each.kind for each in shapes]) == SIGNATURES[program]
    for each in shapes or ():
        in_order(draw(each, random.Random(1)))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.floats(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(JSON_VALUES, min_size=1, max_size=4), st.randoms())
def test_anything_that_was_an_argument_can_be_drawn_again(values: list[object], rng: random.Random) -> None:
    """Mixed and empty examples too; what is drawn is JSON."""
    (shape,) = shapes_of_examples([(value,) for value in values]) or ()

    in_order(draw(shape, rng))
