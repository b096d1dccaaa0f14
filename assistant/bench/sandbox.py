"""What the fence around programs costs: programs judged in a second, memory, whether verdicts repeat."""

import math
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median

import psutil

from assistant.bench.sheet import Sheet
from assistant.sandbox.programs import Job, ProgramRunner, Results
from assistant.sandbox.values import canonical_text, is_same

BLOCK = 100
NUM_FRESH = 40
"""Fresh interpreters take turns with blocks of ours, so that both meet the same noise."""
NUM_ROUNDS = 20
"""Of them, spread over all blocks."""

PROGRAMS = (
    "def solve(xs):\n    return sum(x * {n} for x in xs)\n",
    "def solve(xs):\n    total = 0\n    for x in xs:\n        total += x * {n}\n    return total\n",
    "import functools\ndef solve(xs):\n    return functools.reduce(lambda left, x: left + {n} * x, xs, 0)\n",
    "def solve(xs):\n    return sum(xs) * {n} + 1\n",
    "def solve(xs):\n    return sum(xs) * {n} // len(xs)\n",
    "def solve(xs)\n    return {n}\n",
)
"""Three are right, one is wrong, one fails on the empty list, one cannot be compiled."""
INPUTS: tuple[tuple[list[int]], ...] = (([],), ([1, 2, 3],), (list(range(20)),))

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Two passes over the same programs."""

    tier: str
    ours_per_s: float
    """Judged programs, three calls each: the median over blocks."""
    fresh_per_s: float
    """`python -I -c pass`, on as many threads as there are workers: the same."""
    ratio: float
    """The median of the ratios of a block to the fresh interpreters before it."""
    memory_mb: tuple[float, ...]
    """Of the judge and all workers: after each block of 100, of both passes."""
    num_programs: int
    num_different: int
    """Programs that were judged otherwise in the second pass."""
    num_timeouts: int
    """Of either pass: they depend on the machine."""
    num_failures: int
    """`sandbox_error`, of either pass."""


def measure_sandbox(num_programs: int, num_workers: int, boxed: bool | None, progress: Progress) -> Measured:
    """Judge `num_programs` twice, beside fresh interpreters. Raises `SandboxError`."""
    ours: list[float] = []
    fresh: dict[int, float] = {}
    memory: list[float] = []
    passes: list[list[str]] = [[], []]
    every = max(1, 2 * math.ceil(num_programs / BLOCK) // NUM_ROUNDS)
    with ProgramRunner(num_workers, boxed=boxed) as runner:
        for number, verdicts in enumerate(passes):
            for jobs, expected in _blocks(num_programs):
                if len(ours) % every == 0:
                    fresh[len(ours)] = _rate_of_fresh(num_workers)
                verdicts += _judged(runner, jobs, expected, ours)
                progress(f"pass {number + 1}", len(verdicts), num_programs)
                memory.append(_memory_mb(runner))
        tier = str(runner.tier)
    both = [verdict for each in passes for verdict in each]
    return Measured(
        tier=tier,
        ours_per_s=median(ours),
        fresh_per_s=median(fresh.values()),
        ratio=median(ours[block] / rate for block, rate in fresh.items()),
        memory_mb=tuple(memory),
        num_programs=num_programs,
        num_different=sum(one != other for one, other in zip(*passes, strict=True)),
        num_timeouts=sum(verdict in ("timeout", "cpu_limit") for verdict in both),
        num_failures=both.count("sandbox_error"),
    )


def sandbox_sheet(measured: Measured) -> Sheet:
    """The numbers, with what they are bound by."""
    memory = measured.memory_mb
    return Sheet(
        title=f"Programs run behind {measured.tier}",
        columns=("", "value"),
        rows=(
            ("judged programs/s", measured.ours_per_s),
            ("fresh `python -I -c pass`/s", measured.fresh_per_s),
            ("ratio", measured.ratio),
            (f"memory after {min(BLOCK, measured.num_programs)} programs, MB", memory[0]),
            (f"memory after {2 * measured.num_programs} programs, MB", memory[-1]),
            ("most memory, MB", max(memory)),
            ("judged otherwise the second time", measured.num_different),
            ("timeouts", measured.num_timeouts),
            ("sandbox errors", measured.num_failures),
        ),
    )


def _blocks(num_programs: int) -> Iterator[tuple[list[Job], list[tuple[str, ...]]]]:
    rng = random.Random(0)  # noqa: S311 - the same programs in every run
    for start in range(0, num_programs, BLOCK):
        factors = [rng.randrange(1, 1000) for _ in range(min(BLOCK, num_programs - start))]
        jobs = [
            Job(program=rng.choice(PROGRAMS).format(n=factor), entry_point="solve", inputs=INPUTS) for factor in factors
        ]
        yield jobs, [tuple(canonical_text(sum(xs) * factor) for (xs,) in INPUTS) for factor in factors]


def _judged(
    runner: ProgramRunner, jobs: Sequence[Job], expected: Sequence[tuple[str, ...]], rates: list[float]
) -> list[str]:
    start = time.perf_counter()
    verdicts = [_verdict(results, values) for results, values in zip(runner.stream(jobs), expected, strict=True)]
    rates.append(len(jobs) / (time.perf_counter() - start))
    return verdicts


def _verdict(results: Results, expected: tuple[str, ...]) -> str:
    if results.ended != "whole":
        return results.ended
    pairs = zip(results.values, expected, strict=True)
    marks = ("x" if value is None else str(int(is_same(wanted, value))) for value, wanted in pairs)
    return sys.intern("".join(marks))  # one string for each kind: what is measured is not the measuring


def _rate_of_fresh(num_threads: int) -> float:
    command = [sys.executable, "-I", "-c", "pass"]
    start = time.perf_counter()
    with ThreadPoolExecutor(num_threads) as threads:
        list(threads.map(subprocess.check_call, [command] * NUM_FRESH))
    return NUM_FRESH / (time.perf_counter() - start)


def _memory_mb(runner: ProgramRunner) -> float:
    workers = [psutil.Process(pid) for pid in runner.pids]
    every = [psutil.Process(), *workers, *(each for worker in workers for each in worker.children(recursive=True))]
    return sum(process.memory_info().rss for process in every) / 1e6
