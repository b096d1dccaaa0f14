"""From a repository to `problems.jsonl`: what its functions do under its own tests, as calls with their results.

A test that ran beside an answer could be fooled by it. So the tests run once, without any answer; what they call a
function with, and what it returns, becomes strong checks, which are judged outside of an answer's process.
"""

import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import InputError
from assistant.sandbox import values
from assistant.sandbox.programs import Job, ProgramRunner, Results
from training.execution.values import is_json
from training.repository.calls import Call, Record, record_calls
from training.repository.functions import Found, Function, find_functions
from training.repository.modules import read_modules
from training.rows import Check, Provenance, Task

MIN_CALLS, MAX_CALLS, MAX_CHECKS = 3, 100, 20
REFERENCE_S = 3.0
_LEFT_BEHIND = shutil.ignore_patterns(".git", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mined:
    """Problems, and why there are no more."""

    tasks: list[Task]
    left_out: Counter[str]
    num_functions: int
    tests: str
    """What pytest said."""


def mine(repository: Path, python: Path, runner: ProgramRunner, tests: Sequence[str] = ()) -> Mined:
    """Make problems of the functions that a repository's tests call. It stays as it is.

    Raises:
        InputError: It is no folder with Python in it, or its tests do not run.
        SandboxError: The fence failed.
    """
    if not repository.is_dir():
        raise InputError(f"{repository} is no folder", hint="Name the folder of a repository.")
    with tempfile.TemporaryDirectory(prefix="cairn-repository-") as folder:
        copy = Path(folder).resolve() / repository.resolve().name
        shutil.copytree(repository, copy, symlinks=True, ignore=_LEFT_BEHIND)
        found = find_functions(read_modules(copy))
        if not found.functions:
            raise InputError(f"{repository} has no function that can be asked for", hint=_reasons(found.left_out))
        record = record_calls(copy, [each.target for each in found.functions], python, tests)
    return _tasks(found, record, _origin(repository), runner)


def _tasks(found: Found, record: Record, origin: Provenance, runner: ProgramRunner) -> Mined:
    left_out = Counter(found.left_out)
    called: list[tuple[Function, list[Call]]] = []
    for function in found.functions:
        calls = [each for each in record.calls.get(function.target.name, []) if _usable(each)][:MAX_CALLS]
        if len(calls) >= MIN_CALLS:
            called.append((function, calls))
        else:
            left_out["is called by tests with fewer than 3 plain values"] += 1
    jobs = [_job(function, calls) for function, calls in called]
    first, again = runner.run_all(jobs), runner.run_all(jobs)
    tasks: list[Task] = []
    for (function, calls), *results in zip(called, first, again, strict=True):
        checks = _checks(calls, results, origin)
        if len(checks) < MIN_CALLS or len({check.expected for check in checks}) < 2:
            left_out["does something else alone, or always returns the same"] += 1
            continue
        tasks.append(_task(function, checks, origin, results[0]))
    return Mined(
        tasks=tasks,
        left_out=left_out,
        num_functions=len(found.functions) + sum(found.left_out.values()),
        tests=record.summary,
    )


def _usable(call: Call) -> bool:
    return call.result is not None and all(map(is_json, call.arguments))


def _job(function: Function, calls: Sequence[Call]) -> Job:
    return Job(
        program=function.slice.program,
        entry_point=function.name,
        inputs=tuple(call.arguments for call in calls),
        cpu_s=REFERENCE_S,
    )


def _checks(calls: Sequence[Call], results: Sequence[Results], origin: Provenance) -> list[Check]:
    """Of the calls whose result is the same in the repository and twice alone: one of each result, then the rest."""
    sound = [
        (call, call.result)
        for call, *found in zip(calls, *(each.values for each in results), strict=True)
        if call.result is not None and all(value is not None and values.is_same(call.result, value) for value in found)
    ]
    firsts = {expected: call for call, expected in reversed(sound)}
    ordered = sorted(sound, key=lambda pair: firsts[pair[1]] is not pair[0])[:MAX_CHECKS]
    return [
        Check(
            inputs=call.arguments,
            expected=expected,
            provenance=Provenance(stage="from-repo", source=origin.source, details={"test": call.test}),
        )
        for call, expected in ordered
    ]


def _task(function: Function, checks: Sequence[Check], origin: Provenance, results: Results) -> Task:
    details = {**origin.details, "file": str(function.target.file), "reference_cpu_ms": round(results.cpu_ms, 3)}
    return Task(
        id=f"{origin.source}/{function.target.name}",
        prompt=function.prompt,
        entry_point=function.name,
        reference=function.slice.program,
        checks=tuple(checks),
        provenance=Provenance(stage="from-repo", source=origin.source, details=details),
    )


def _origin(repository: Path) -> Provenance:
    """Its name, and the commit that it is at, if git knows one."""
    command = ["git", "-C", str(repository), "rev-parse", "HEAD"]
    try:
        commit = subprocess.run(command, capture_output=True, text=True, timeout=30).stdout.strip()  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        commit = ""
    return Provenance(stage="from-repo", source=repository.resolve().name, details={"commit": commit} if commit else {})


def _reasons(left_out: Counter[str]) -> str:
    found = ", ".join(f"{count} {reason}" for reason, count in left_out.most_common(3))
    return f"Of its functions: {found}." if found else "There are none at the margin of a module."
