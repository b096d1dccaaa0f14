"""Which answer ranks above which."""

from hypothesis import given
from hypothesis import strategies as st

from training.answers import teacher_answers
from training.outcome import Outcome
from training.problems import Problem
from training.reward import Answer, rank, reward, student_beats_teacher

OUTCOMES = st.sampled_from(list(Outcome))


@given(worse=OUTCOMES, better=OUTCOMES)
def test_the_outcome_outranks_the_author(worse: Outcome, better: Outcome) -> None:
    """A student in a better class is above a teacher in a worse one; in one class the teacher is above."""
    student, teacher = reward("student", better), reward("teacher", worse)

    assert (student > teacher) == (better > worse)


def test_answers_are_ranked_best_first_and_each_text_once() -> None:
    """Of equal texts the better-rewarded author stays."""
    answers = [
        Answer(source="student", text="a"),
        Answer(source="teacher", text="a"),
        Answer(source="student", text="b"),
    ]

    ranked = rank(answers, [Outcome.PASSES_ALL, Outcome.PASSES_ALL, Outcome.COMPILE_ERROR], max_candidates=4)

    assert [(each.source, each.text, each.reward) for each in ranked] == [("teacher", "a", 3.5), ("student", "b", 0.0)]


def test_a_text_that_was_given_twice_stands_where_its_better_author_is() -> None:
    """Not behind what is worse than that author."""
    texts = [("student", "a"), ("student", "b"), ("teacher", "b")]
    answers = [Answer(source=source, text=text) for source, text in texts]

    ranked = rank(answers, [Outcome.PASSES_ALL] * 3, max_candidates=4)

    assert [(each.text, each.reward) for each in ranked] == [("b", 3.5), ("a", 3.0)]


def test_the_best_and_the_worst_answers_are_kept() -> None:
    """When there are too many, those in the middle teach least."""
    answers = [Answer(source="student", text=text) for text in "abcd"]

    ranked = rank(answers, list(Outcome), max_candidates=2)

    assert [each.text for each in ranked] == ["d", "a"]


def test_a_problem_whose_student_beats_its_teachers_is_dropped() -> None:
    """Rule (a) of the paper."""
    teacher, student = Answer(source="teacher", text="t"), Answer(source="student", text="s")

    behind = rank([teacher, student], [Outcome.PASSES_ALL, Outcome.PASSES_ALL], max_candidates=4)
    ahead = rank([teacher, student], [Outcome.FAILS_SOME, Outcome.PASSES_ALL], max_candidates=4)

    assert not student_beats_teacher(behind)
    assert student_beats_teacher(ahead)


def test_the_noisy_teacher_errs_and_the_sure_one_does_not() -> None:
    """At noise 1 every answer of the noisy one is a mistake."""
    problem = Problem(
        id="p", family="f", docstring="d", solutions=("right",), mistakes=("wrong",), inputs=((1,),), expected=("1",)
    )

    sure, noisy = teacher_answers(problem, noise=1.0, seed=0)

    assert (sure.text, noisy.text) == ("right", "wrong")
