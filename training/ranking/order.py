"""Which answer ranks above which, and which tasks have nothing to rank. No program is run here."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from training.execution.programs import identity
from training.execution.tables import first_of_each
from training.execution.trials import Trial
from training.rows import Judged, Provenance, Ranked, Role, Sampled, Task, Verdict


class Answered(Protocol):
    """Whatever knows the answer that it is about."""

    @property
    def answer(self) -> Sampled:
        """Who gave it is all that is asked here."""
        ...


T = TypeVar("T")
A = TypeVar("A", bound=Answered)

CLASSES: tuple[Verdict, ...] = ("compile_error", "runtime_error", "fails_some", "passes_all")
"""Worst first; `sandbox_error` is none of them."""
TEACHER_BONUS = 0.5
"""Less than the step between classes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How answers are ranked."""

    drop_student_wins: bool = True
    """Rule (a) of the paper: a task whose student is in a better class than its teacher teaches nothing."""
    teacher_first: bool = True
    """Rule (b): in one class the teacher ranks above the student."""
    max_candidates: int = 4
    """At most so many distinct answers stay."""
    pair: bool = False
    """One teacher's answer and one of the student's, as in the paper, instead of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A task that has no ranking, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """An answer with its trial."""

    answer: Sampled
    trial: Trial


def reward(role: Role, strong: Verdict, *, teacher_first: bool = True) -> float:
    """Compile error 0, runtime error 1, fails some 2, passes all 3; half a point more for a teacher.

    Args:
        role: Who gave the answer.
        strong: What the strong checks alone say: weak ones, which a program could fool, never make a difference.
        teacher_first: Rule (b).

    Source: PanGu-Coder2 (arXiv:2307.14936), step 2; the paper gives the order, not the numbers.
    """
    return float(CLASSES.index(strong)) + (TEACHER_BONUS if teacher_first and role == "teacher" else 0.0)


def rank(task: Task, tried: Sequence[Tried], rules: Rules, *, masked: int = 0) -> Ranked | Dropped:
    """The distinct answers of a task, best first, or why there is no ranking.

    Args:
        task: Its checks have been run.
        tried: Its answers in any order: the ranking does not depend on it.
        rules: Switches.
        masked: How many answers are missing because the sandbox failed.
    """
    best_first = distinct(sorted(tried, key=lambda each: _place(each, rules)))
    chosen = pair(best_first) if rules.pair else spread(best_first, rules.max_candidates)
    if reason := _nothing_to_rank(task, chosen if rules.pair else best_first, rules):
        return Dropped(id=task.id, reason=reason)
    details = {"trials": len(tried), "masked": masked}
    return Ranked(
        id=task.id,
        prompt=task.prompt,
        entry_point=task.entry_point,
        candidates=tuple(_judged(each) for each in chosen),
        rewards=tuple(_reward(each, rules) for each in chosen),
        provenance=Provenance(stage="rank", source="checks", parent=task.id, details=details),
    )


def distinct(best_first: Sequence[Tried]) -> list[Tried]:
    """Each program once, under the name of whoever ranks best with it."""
    return first_of_each(best_first, lambda each: identity(each.answer.code))


def _place(each: Tried, rules: Rules) -> tuple[float, int, int, bool, str]:
    """Best first: by reward; then, where the reward says nothing, by what else is known; then by id."""
    trial = each.trial
    return (
        -_reward(each, rules),
        -CLASSES.index(trial.verdict),
        -sum(trial.passed),
        each.answer.role != "teacher",
        each.answer.id,
    )


def _reward(each: Tried, rules: Rules) -> float:
    return reward(each.answer.role, each.trial.strong, teacher_first=rules.teacher_first)


def _nothing_to_rank(task: Task, best_first: Sequence[Tried], rules: Rules) -> str:
    if not task.checks:
        return "no checks"
    if rules.pair and {each.answer.role for each in best_first} != {"student", "teacher"}:
        return "no pair"
    if len(best_first) < 2:
        return "fewer than two distinct answers"
    return "student beats teacher" if rules.drop_student_wins and _student_wins(best_first) else ""


def _student_wins(tried: Sequence[Tried]) -> bool:
    """Whether the best student is in a better class than the best teacher; not so without a teacher."""
    best: dict[Role, float] = {}
    for each in tried:
        best[each.answer.role] = max(best.get(each.answer.role, 0.0), reward("student", each.trial.strong))
    return best.get("student", 0.0) > best["teacher"] if "teacher" in best else False


def pair(best_first: Sequence[A]) -> list[A]:
    """The best teacher, and a student drawn by the hash of its id: its class has no say in that."""
    teachers = [each for each in best_first if each.answer.role == "teacher"][:1]
    students = [each for each in best_first if each.answer.role == "student"]
    drawn = (
        {min(students, key=lambda each: hashlib.sha256(each.answer.id.encode()).digest()).answer.id} if students else {}
    )
    kept = {each.answer.id for each in teachers} | set(drawn)
    return [each for each in best_first if each.answer.id in kept]


def spread(best_first: Sequence[T], count: int) -> list[T]:
    """The best, the worst, and those at even steps between."""
    last = len(best_first) - 1
    if last < count:
        return list(best_first)
    return [best_first[round(step * last / (count - 1))] for step in range(count)] if count > 1 else [best_first[0]]


def _judged(each: Tried) -> Judged:
    trial = each.trial
    return Judged(
        answer=each.answer,
        verdict=trial.verdict,
        passed=trial.passed,
        trust=trial.trust,
        cpu_ms=trial.cpu_ms,
        memory_bytes=trial.memory_bytes,
    )
