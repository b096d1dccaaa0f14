"""Which answer ranks above which, and which tasks are dropped."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rank_rows import answer, strong, task, trial
from training.ranking.order import CLASSES, Dropped, Rules, Tried, rank, reward
from training.rows import Ranked, Role, Verdict

VERDICTS = st.sampled_from(CLASSES)
ROLES = st.sampled_from(("student", "teacher"))
TASK = task("t", strong(1, expected="1"))


@st.composite
def trieds(draw: st.DrawFn) -> list[Tried]:
    """Answers of any class, author and number; some are the same program."""
    programs = draw(st.lists(st.tuples(st.integers(0, 6), ROLES, VERDICTS, VERDICTS), max_size=10))
    return [
        Tried(answer=answer(f"a{number}", f"x = {program}", role), trial=trial(verdict, by_strong=by_strong))
        for number, (program, role, verdict, by_strong) in enumerate(programs)
    ]


RULES = st.builds(
    Rules,
    drop_student_wins=st.booleans(),
    teacher_first=st.booleans(),
    max_candidates=st.integers(2, 6),
    pair=st.booleans(),
)


@given(trieds(), RULES, st.randoms())
def test_a_ranking_does_not_depend_on_the_order_of_the_answers(
    tried: list[Tried], rules: Rules, rng: random.Random
) -> None:
    """Shuffled answers give the same row, or the same reason."""
    assert rank(TASK, rng.sample(tried, len(tried)), rules) == rank(TASK, tried, rules)


@given(trieds(), RULES)
def test_candidates_are_best_first_and_each_program_once(tried: list[Tried], rules: Rules) -> None:
    """As many as asked for at most; the best of all is the first. The row names the function that was asked for."""
    ranked = rank(TASK, tried, rules)

    if isinstance(ranked, Ranked):
        assert ranked.entry_point == "solve"
        codes = [each.answer.code for each in ranked.candidates]
        assert len(set(codes)) == len(codes)
        assert 2 <= len(codes) <= (2 if rules.pair else rules.max_candidates)
        assert list(ranked.rewards) == sorted(ranked.rewards, reverse=True)
        highest = max(reward(each.answer.role, each.trial.strong, teacher_first=rules.teacher_first) for each in tried)
        assert rules.pair or ranked.rewards[0] == highest


@given(worse=VERDICTS, better=VERDICTS, one=ROLES, other=ROLES)
def test_a_better_class_is_always_a_better_reward(worse: Verdict, better: Verdict, one: Role, other: Role) -> None:
    """Whoever wrote it: the bonus of a teacher is less than a step."""
    if CLASSES.index(worse) < CLASSES.index(better):
        assert reward(one, worse) < reward(other, better)


@pytest.mark.parametrize("verdict", CLASSES)
def test_in_one_class_the_teacher_is_above(verdict: Verdict) -> None:
    """Rule (b) of the paper, unless it is switched off."""
    assert reward("teacher", verdict) > reward("student", verdict)
    assert reward("teacher", verdict, teacher_first=False) == reward("student", verdict, teacher_first=False)


def _ranked(teacher: Verdict | None, student: Verdict, rules: Rules | None = None) -> Ranked | Dropped:
    tried = [
        Tried(answer=answer("s1", "x = 1"), trial=trial(student)),
        Tried(answer=answer("s2", "x = 2"), trial=trial("compile_error")),
    ]
    if teacher:
        tried.append(Tried(answer=answer("t", "x = 3", "teacher"), trial=trial(teacher)))
    return rank(TASK, tried, rules or Rules())


@pytest.mark.parametrize(
    ("teacher", "student", "is_dropped"),
    [
        ("fails_some", "passes_all", True),
        ("compile_error", "runtime_error", True),
        ("passes_all", "passes_all", False),
        ("fails_some", "fails_some", False),
        ("passes_all", "fails_some", False),
        (None, "passes_all", False),
    ],
)
def test_a_task_whose_student_is_in_a_better_class_is_dropped(
    teacher: Verdict | None, student: Verdict, is_dropped: bool
) -> None:
    """Rule (a) of the paper; where no teacher answered there is none to beat, and the switch keeps all."""
    expected = Dropped(id="t", reason="student beats teacher")

    assert (_ranked(teacher, student) == expected) is is_dropped
    assert isinstance(_ranked(teacher, student, Rules(drop_student_wins=False)), Ranked)


def test_weak_checks_never_decide_a_pair_alone() -> None:
    """Equal by strong checks is an equal reward; the weak one only says which of the two is shown first."""
    passes = Tried(answer=answer("z", "x = 1"), trial=trial("passes_all", trust="weak"))
    fails = Tried(answer=answer("a", "x = 2"), trial=trial("fails_some", by_strong="passes_all", trust="weak"))

    ranked = rank(TASK, [fails, passes], Rules())

    assert isinstance(ranked, Ranked)
    assert ranked.rewards == (3.0, 3.0)
    assert [each.answer.id for each in ranked.candidates] == ["z", "a"]


def test_of_equal_programs_the_teachers_stays() -> None:
    """A student that wrote what the teacher wrote is not a rival."""
    tried = [
        Tried(answer=answer("a", "x = 1"), trial=trial("passes_all")),
        Tried(answer=answer("b", "x = 1  # mine", "teacher"), trial=trial("passes_all")),
        Tried(answer=answer("c", "x = 2"), trial=trial("fails_some")),
    ]

    ranked = rank(TASK, tried, Rules(teacher_first=False))

    assert isinstance(ranked, Ranked)
    assert [each.answer.id for each in ranked.candidates] == ["b", "c"]


def test_of_many_the_best_the_worst_and_even_steps_between_stay() -> None:
    """A cap keeps the spread."""
    tried = [
        Tried(answer=answer(f"a{number}", f"x = {number}"), trial=trial(CLASSES[3 - number // 2]))
        for number in range(8)
    ]

    ranked = rank(TASK, tried, Rules(max_candidates=4))

    assert isinstance(ranked, Ranked)
    assert [each.verdict for each in ranked.candidates] == list(reversed(CLASSES))
    assert (ranked.candidates[0].answer.id, ranked.candidates[-1].answer.id) == ("a0", "a7")


def test_a_pair_is_the_best_teacher_and_one_student() -> None:
    """The student is drawn by a hash, so that its class has no say; without one of each there is no pair."""
    teachers = [
        Tried(answer=answer("t1", "x = 1", "teacher"), trial=trial("fails_some")),
        Tried(answer=answer("t2", "x = 2", "teacher"), trial=trial("passes_all")),
    ]
    students = [Tried(answer=answer(f"s{n}", f"y = {n}"), trial=trial(CLASSES[n])) for n in range(4)]

    pair = rank(TASK, [*students, *teachers], Rules(pair=True))
    changed = [Tried(answer=each.answer, trial=trial("compile_error")) for each in students]
    again = rank(TASK, [*changed, *teachers], Rules(pair=True))

    assert isinstance(pair, Ranked)
    assert isinstance(again, Ranked)
    assert [each.answer.id for each in pair.candidates] == [each.answer.id for each in again.candidates]
    assert [each.answer.role for each in pair.candidates] == ["teacher", "student"]
    assert pair.candidates[0].answer.id == "t2"
    assert rank(TASK, students, Rules(pair=True)) == Dropped(id="t", reason="no pair")


def test_a_task_without_checks_or_rivals_has_nothing_to_rank() -> None:
    """And the reason is kept."""
    one = Tried(answer=answer("a", "x = 1"), trial=trial("passes_all"))

    assert rank(task("t"), [one], Rules()) == Dropped(id="t", reason="no checks")
    assert rank(TASK, [one], Rules()) == Dropped(id="t", reason="fewer than two distinct answers")
