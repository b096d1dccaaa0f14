"""What callers of the sandbox can rely on."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from assistant.errors import InputError
from assistant.sandbox.programs import JOBS_PER_WORKER, Job, ProgramRunner, SandboxError
from assistant.sandbox.tiers import Tier

PLUS = "def f(x):\n    return x + {n}\n"


def plus(n: int, *xs: int) -> Job:
    """f(x) = x + n, called with each x."""
    return Job(program=PLUS.format(n=n), entry_point="f", inputs=tuple((x,) for x in xs))


def test_results_stream_in_the_order_of_the_jobs(runner: ProgramRunner) -> None:
    """Whatever takes longer; and jobs are drawn as they are needed, so that there may be any number of them."""
    num_drawn = 0

    def jobs() -> Iterator[Job]:
        nonlocal num_drawn
        for number in range(200):
            num_drawn += 1
            yield plus(number, 1)

    with ProgramRunner(3) as pool:
        stream = pool.stream(jobs())
        first = next(stream)
        num_drawn_before = num_drawn
        rest = [results.values for results in stream]

    assert first.values == ("1",)
    assert num_drawn_before < 100
    assert rest == [(str(number + 1),) for number in range(1, 200)]


def test_inputs_keep_their_types_and_every_call_gets_its_own(runner: ProgramRunner) -> None:
    """Tuples, sets and keys that are no strings; what one call does to them the next one does not see."""
    shared = [1]
    program = "def f(x, y):\n    x.append(2)\n    return x, type(y).__name__, y\n"

    (results,) = runner.run_all([Job(program=program, entry_point="f", inputs=((shared, {(1,): {2}}), (shared, b"x")))])

    assert results.values == (
        '{"tuple": [[1, 2], "dict", {"dict": [[{"tuple": [1]}, {"set": [2]}]]}]}',
        '{"tuple": [[1, 2], "bytes", {"bytes": "78"}]}',
    )
    assert shared == [1]


def test_the_order_of_keys_arrives(runner: ProgramRunner) -> None:
    """Dictionaries have an order, and programs may use it."""
    job = Job(program="def f(x):\n    return list(x)\n", entry_point="f", inputs=(({"b": 1, "a": 2},),))

    assert runner.run_all([job])[0].values == ('["b", "a"]',)


def test_statements_pass_or_not_one_by_one(runner: ProgramRunner) -> None:
    """Each sees what the program and the statements before it have defined."""
    statements = ("assert f(1) == 2", "assert f(1) == 3", "y = f(2)", "assert y == 3", "f(", "raise SystemExit(0)")

    (results,) = runner.run_all([Job(program=PLUS.format(n=1), statements=statements)])

    assert results.passed == (True, False, True, True, False, False)
    assert results.errors == ("", "AssertionError", "", "", "SyntaxError", "SystemExit")
    assert results.ended == "whole"


def test_statements_see_built_in_names_as_they_should_be(runner: ProgramRunner) -> None:
    """A program may name its function like one of them, if it was asked for; anything else is hidden."""
    program = "import builtins\nbuiltins.len = lambda x: 7\nsorted = list\ndef sum(a, b):\n    return 6\n"
    statements = ("assert len([]) == 0", "assert sorted([2, 1]) == [1, 2]", "assert sum(10, 15) == 6")

    (results,) = runner.run_all([Job(program=program, statements=statements, entry_point="sum")])

    assert results.passed == (True, True, True)


def test_a_program_that_ends_early_passes_what_it_had_passed(runner: ProgramRunner) -> None:
    """And nothing after it."""
    statements = ("assert f(1) == 2", "import os; os._exit(0)", "assert f(1) == 2")

    (results,) = runner.run_all([Job(program=PLUS.format(n=1), statements=statements)])

    assert results.passed == (True, False, False)
    assert results.ended == "incomplete"


def test_time_and_memory_are_told(runner: ProgramRunner) -> None:
    """Of its own process, so that answers can be compared by what they cost."""
    program = "def f(x):\n    return len(bytearray(x)) and sum(range(x // 10))\n"
    small, large = (
        runner.run_all([Job(program=program, entry_point="f", inputs=((size,),))])[0] for size in (1000, 50_000_000)
    )

    assert large.memory_bytes - small.memory_bytes > 40_000_000
    assert large.cpu_ms > small.cpu_ms


def test_numbers_drawn_by_chance_and_sets_are_the_same_every_time(runner: ProgramRunner) -> None:
    """A program that is run again gets the same verdict."""
    program = "import random\ndef f(x):\n    return [random.random(), list({'a', 'b', 'c', 'd'})]\n"
    with ProgramRunner(1) as other:
        jobs = [Job(program=program, entry_point="f", inputs=((1,),))]

        assert runner.run_all(jobs)[0].values == other.run_all(jobs)[0].values


def test_a_worker_that_was_killed_is_replaced_and_the_program_run_again(runner: ProgramRunner) -> None:
    """Nobody sees it."""
    with ProgramRunner(1) as pool:
        pool.run_all([plus(1, 1)])
        before = pool.pids
        kill_workers(pool)

        (results,) = pool.run_all([plus(1, 1)])

        assert results.values == ("2",)
        assert pool.pids != before


def test_a_program_whose_workers_die_twice_has_no_verdict(runner: ProgramRunner) -> None:
    """It is reported as what it is, and the next program is run."""
    with ProgramRunner(1) as pool:
        with killing(pool, times=2):
            (results,) = pool.stream([SLEEPER])

        assert results.sandbox_error
        assert (results.ended, results.values) == ("sandbox_error", (None,))
        assert pool.run_all([plus(1, 1)])[0].values == ("2",)


def test_callers_that_want_verdicts_only_are_told_that_there_is_none(runner: ProgramRunner) -> None:
    """`run_all` raises: a failure of the sandbox must not become a class of the program."""
    with ProgramRunner(1) as pool, killing(pool, times=2), pytest.raises(SandboxError, match="the sandbox failed"):
        pool.run_all([SLEEPER])


SLEEPER = Job(program="import time\ndef f(x):\n    time.sleep(60)\n", entry_point="f", inputs=((1,),), wall_s=60)


def kill_workers(pool: ProgramRunner) -> None:
    """With all that is in their boxes."""
    for pid in pool.pids:
        worker = psutil.Process(pid)
        for each in [*worker.children(recursive=True), worker]:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()


@contextlib.contextmanager
def killing(pool: ProgramRunner, *, times: int) -> Iterator[None]:
    """Kill the worker of a pool of one, and the ones that take its place, so many times."""

    def work() -> None:
        killed: list[int] = []
        while len(killed) < times:
            time.sleep(0.05)
            if pool.pids and pool.pids[0] not in killed:
                killed += pool.pids
                kill_workers(pool)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    thread.join()


def test_nothing_outlives_a_judge_that_was_killed(runner: ProgramRunner) -> None:
    """Its workers see their socket close, and end what runs in them."""
    judge = subprocess.Popen(
        [sys.executable, "-c", f"from assistant.sandbox.programs import *\n"
         f"with ProgramRunner(1) as pool: print(1, flush=True) or pool.run_all([{SLEEPER!r}])"],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    with judge:
        assert judge.stdout
        judge.stdout.read(1)
        while len(family := psutil.Process(judge.pid).children(recursive=True)) < 2:
            time.sleep(0.01)

        judge.kill()

        _, alive = psutil.wait_procs(family, timeout=30)
    assert not alive


def test_workers_are_renewed_and_leak_nothing(runner: ProgramRunner) -> None:
    """Neither descriptors nor processes of the judge."""
    with ProgramRunner(1) as pool:
        pool.run_all([plus(1, 1)])
        before, descriptors = pool.pids, len(os.listdir("/proc/self/fd"))
        for worker in pool._workers:
            worker.num_jobs = JOBS_PER_WORKER

        pool.run_all([plus(1, 1)] * 3)

        assert len(pool.pids) == len(before)
        assert pool.pids != before
        assert len(os.listdir("/proc/self/fd")) == descriptors


def test_many_programs_that_hold_memory_get_it_one_worker_at_a_time(runner: ProgramRunner) -> None:
    """Forty at once: no more are held than there are workers."""
    hoard = "import time\ndef f(x):\n    held = bytearray(200_000_000)\n    time.sleep(0.01)\n    return len(held)\n"
    with ProgramRunner(2) as pool:
        results = pool.run_all([Job(program=hoard, entry_point="f", inputs=((1,),))] * 40)

    assert {each.values for each in results} == {("200000000",)}


@pytest.mark.parametrize("value", [object(), ["x" * 9_000_000], lambda: 0], ids=["object", "large", "function"])
def test_a_task_that_is_hostile_itself_is_refused(value: object, runner: ProgramRunner) -> None:
    """Before anything of it reaches a program: two lines, and the problem can be left out."""
    with pytest.raises(InputError, match="cannot be sent"):
        runner.run_all([Job(program=PLUS, entry_point="f", inputs=((value,),))])


def test_a_reference_that_returns_what_equals_nothing_is_no_reference(runner: ProgramRunner) -> None:
    """Else every generator would be the right answer."""
    (results,) = runner.run_all([Job(program="def f(x):\n    yield x\n", entry_point="f", inputs=((1,),))])

    with pytest.raises(ValueError, match="fails on its own inputs"):
        results.reference_values()


def test_the_tier_goes_with_the_results(runner: ProgramRunner) -> None:
    """So that a file can say how its programs were run."""
    assert isinstance(runner.tier, Tier)
    assert runner.tier.name in ("T3", "T2")
    assert not runner.tier.accepted
