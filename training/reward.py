"""From answers and their test outcomes to a ranking. No program is run here."""

from collections.abc import Sequence
from dataclasses import dataclass

from training.execution.tables import first_of_each
from training.outcome import Outcome

TEACHER_BONUS = 0.5
"""Inside one outcome class a teacher ranks above the student; less than the step between classes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One program for a problem, and who wrote it."""

    source: str
    """`student` or the name of a teacher."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedAnswer:
    """An answer with what the tests said."""

    source: str
    text: str
    outcome: str
    reward: float


def reward(source: str, outcome: Outcome) -> float:
    """Compile error 0, runtime error 1, fails some tests 2, passes all 3; half a point more for a teacher.

    Source: PanGu-Coder2 (arXiv:2307.14936), step 2; the paper gives the order, not the numbers.
    """
    return float(outcome) + (TEACHER_BONUS if source != "student" else 0.0)


def rank(answers: Sequence[Answer], outcomes: Sequence[Outcome], *, max_candidates: int) -> list[RankedAnswer]:
    """Distinct answers, best first: the best one, then those that teach most against it, the worst."""
    ranked = [
        RankedAnswer(source=each.source, text=each.text, outcome=outcome.name, reward=reward(each.source, outcome))
        for each, outcome in zip(answers, outcomes, strict=True)
    ]
    best_first = sorted(ranked, key=lambda each: -each.reward)
    distinct = first_of_each(best_first, key=lambda each: each.text)
    return distinct if len(distinct) <= max_candidates else [distinct[0], *distinct[1 - max_candidates :]]


def student_beats_teacher(ranked: Sequence[RankedAnswer]) -> bool:
    """Rule (a) of the paper: such a problem has no teacher to learn from and is dropped."""
    teachers = [each.reward for each in ranked if each.source != "student"]
    students = [each.reward for each in ranked if each.source == "student"]
    return bool(students) and max(students) > max(teachers, default=-1.0)
