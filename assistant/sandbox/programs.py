"""Runs model-written programs in worker processes and says what came back. Judging is here, computing is there.

A program that fails, hangs or lies about its results is a result; a worker that fails is a `SandboxError`, never one.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Self, cast

from assistant.errors import CairnError

_WORKER = Path(__file__).with_name("worker.py")


class SandboxError(CairnError):
    """The fence around programs failed: nothing can be said about the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A program and the calls to make of it, or the statements to run behind it."""

    program: str
    entry_point: str = ""
    inputs: tuple[tuple[Any, ...], ...] = ()
    statements: tuple[str, ...] = ()
    """Asserts, where there is no call to make: they run beside the program, which could fool them."""
    cpu_s: int = 1
    wall_s: float = 10.0
    """Only ends what sleeps: a busy program is ended by `cpu_s`, which a loaded machine does not shorten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What a program returned: one entry per call, None where it raised, hung or ended itself."""

    compiled: bool
    values: tuple[str | None, ...]
    """Canonical JSON of each returned value."""
    passed: tuple[bool, ...] = ()
    """By statement."""
    cpu_ms: float = 0.0
    memory_bytes: int = 0

    def reference_values(self) -> list[str]:
        """The values of a program that must be right.

        Raises:
            ValueError: It failed on some input.
        """
        whole = [value for value in self.values if value is not None]
        if len(whole) != len(self.values):
            raise ValueError("the reference program fails on its own inputs")
        return whole


class ProgramRunner:
    """A pool of workers. Use as a context manager."""

    def __init__(self, num_workers: int = 2) -> None:
        self._num_workers = num_workers
        self._idle: SimpleQueue[subprocess.Popen[str]] = SimpleQueue()
        self.workers: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        for _ in range(self._num_workers):
            worker = subprocess.Popen(  # noqa: S603 - our own interpreter on our own file
                [sys.executable, "-I", "-S", str(_WORKER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={},
            )
            self.workers.append(worker)
            self._idle.put(worker)
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.communicate()  # closing stdin ends it

    def run_all(self, jobs: Sequence[Job]) -> list[Results]:
        """Run every job; results in the order of the jobs.

        Raises:
            SandboxError: A worker or its fence failed.
        """
        with ThreadPoolExecutor(self._num_workers) as threads:
            return list(threads.map(self._run, jobs))

    def _run(self, job: Job) -> Results:
        worker = self._idle.get()
        try:
            return _results(job, self._ask(worker, job))
        finally:
            self._idle.put(worker)

    def _ask(self, worker: subprocess.Popen[str], job: Job) -> str:
        assert worker.stdin
        assert worker.stdout
        request: dict[str, Any] = {"program": job.program, "entry_point": job.entry_point, "inputs": job.inputs}
        request["statements"] = job.statements
        try:
            worker.stdin.write(json.dumps({**request, "cpu_s": job.cpu_s, "wall_s": job.wall_s}) + "\n")
            worker.stdin.flush()
        except BrokenPipeError:
            raise _sandbox_error("a sandbox worker has ended") from None
        answer = worker.stdout.readline()
        if not answer:
            raise _sandbox_error("a sandbox worker ended while a program ran")
        return json.loads(answer)["output"]


def _results(job: Job, output: str) -> Results:
    lines = output.split("\n")[:-1]
    if not lines or lines[0] != '{"ready": true}':
        raise _sandbox_error("a program was not started behind its fence")
    entries = [_parsed(line) for line in lines[1:]]
    compiled = not (entries and "compile_error" in entries[0])
    if job.statements:
        passed = [bool(each.get("passed")) for each in entries[: len(job.statements)]]
        passed += [False] * (len(job.statements) - len(passed))
        return Results(compiled=compiled, values=(), passed=tuple(passed))
    values = [json.dumps(each["value"]) if "value" in each else None for each in entries]
    missing = len(job.inputs) - len(values)
    return Results(compiled=compiled, values=tuple(values[: len(job.inputs)] + [None] * missing))


def _parsed(line: str) -> dict[str, Any]:
    """A line a program may have forged: what is no JSON object says nothing."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return cast(dict[str, Any], entry) if isinstance(entry, dict) else {}


def _sandbox_error(message: str) -> SandboxError:
    return SandboxError(
        message, hint="Run the stage again; if it stays so, look at the limits of this machine (ulimit -a)."
    )
