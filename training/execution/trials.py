"""One program against the checks of its task: the jobs it takes, and the verdict on their results."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.sandbox.programs import Job, Results
from training.execution.plans import Plan
from training.execution.programs import function_of
from training.rows import Check, Task, Trust, Verdict

REFERENCE_TIMES = 10.0
LIMIT_S = (0.5, 3.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a program may take, over all its calls."""

    cpu_s: int
    wall_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What the checks say of a program."""

    verdict: Verdict
    """By all checks."""
    strong: Verdict
    """By the strong checks alone; where there are none, `fails_some` for all that compiles. Rewards follow this one."""
    passed: tuple[bool, ...]
    """By check, in the task's order."""
    trust: Trust
    """weak if a weak check decided the verdict."""
    cpu_ms: float
    memory_bytes: int


def limits_for(task: Task) -> Limits:
    """Ten times what the reference took, at least 0.5 s, at most 3 s; 3 s where that is not known.

    The kernel counts processor time in whole seconds, so that limit is rounded up; twice as much may pass on the clock,
    since a loaded machine must not turn right programs into slow ones.
    """
    reference_ms = task.provenance.details.get("reference_cpu_ms")
    low, high = LIMIT_S
    limit_s = high if reference_ms is None else min(max(REFERENCE_TIMES * float(reference_ms) / 1000, low), high)
    return Limits(cpu_s=math.ceil(limit_s), wall_s=2 * limit_s)


def try_program(program: str, task: Task, checks: Sequence[Check] | None = None) -> Plan[Trial | None]:
    """Run a program against checks (the task's own unless others are given); None if the sandbox failed."""
    checks = task.checks if checks is None else checks
    if not program.strip():
        return _trial("compile_error", "compile_error", (False,) * len(checks))
    results = yield _jobs(program, task, checks)
    known = [each for each in results if each is not None]
    return judge(checks, known) if len(known) == len(results) else None


def judge(checks: Sequence[Check], results: Sequence[Results]) -> Trial:
    """The verdict. `results`: of the calls of the strong checks, then, if there are weak ones, of their statements.

    Compile error, then runtime error (a call that raises, hangs or ends the program), then fails some (all calls
    return, and not all as expected; none as expected is here too), then passes all. Weak checks speak where the strong
    ones found nothing wrong.

    Source: PanGu-Coder2 (arXiv:2307.14936), step 2, which leaves open where a time-out and passing nothing belong.
    """
    calls, statements = results[0], results[1].passed if len(results) > 1 else ()
    values, truths = iter(calls.values), iter(statements)
    passed = tuple(
        check.accepts(next(values, None)) if check.trust == "strong" else next(truths, False) for check in checks
    )
    strong = _strong_verdict(
        calls, [each for each, check in zip(passed, checks, strict=True) if check.trust == "strong"]
    )
    weak = [each for each, check in zip(passed, checks, strict=True) if check.trust == "weak"]
    if weak and (strong == "passes_all" or (strong == "fails_some" and len(weak) == len(checks))):
        return _trial("passes_all" if all(weak) else "fails_some", strong, passed, results, trust="weak")
    return _trial(strong, strong, passed, results)


def _strong_verdict(calls: Results, passed: Sequence[bool]) -> Verdict:
    if not calls.compiled:
        return "compile_error"
    if None in calls.values:
        return "runtime_error"
    return "passes_all" if passed and all(passed) else "fails_some"


def _trial(
    verdict: Verdict,
    strong: Verdict,
    passed: tuple[bool, ...],
    results: Sequence[Results] = (),
    trust: Trust = "strong",
) -> Trial:
    return Trial(
        verdict=verdict,
        strong=strong,
        passed=passed,
        trust=trust,
        cpu_ms=round(sum(each.cpu_ms for each in results), 3),
        memory_bytes=max((each.memory_bytes for each in results), default=0),
    )


def _jobs(program: str, task: Task, checks: Sequence[Check]) -> list[Job]:
    limits = limits_for(task)
    calls = tuple(check.arguments() for check in checks if check.inputs is not None)
    statements = tuple(check.statement for check in checks if check.inputs is None)
    entry = function_of(program, task.entry_point)
    first = Job(program=program, entry_point=entry, inputs=calls, cpu_s=limits.cpu_s, wall_s=limits.wall_s)
    if not statements:
        return [first]
    return [first, Job(program=program, statements=statements, cpu_s=limits.cpu_s, wall_s=limits.wall_s)]
