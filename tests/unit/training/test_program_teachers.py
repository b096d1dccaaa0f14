"""Teachers that are programs: right at their rate, reproducible, and only for tasks they know."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import pytest

from assistant.errors import InputError
from assistant.sandbox.programs import Job, ProgramRunner
from training.families.drawing import draw_tasks
from training.families.teachers import program_answer
from training.rows import Task


@pytest.fixture(scope="module")
def tasks(runner: ProgramRunner) -> list[Task]:
    """A round of tasks."""
    return [task for more in islice(draw_tasks("train", 8, runner), 1) for task in more]


def share_right(tasks: Sequence[Task], skill: float, runner: ProgramRunner) -> float:
    jobs = [
        Job(
            program=program_answer(task, skill, seed=0),
            entry_point=task.entry_point,
            inputs=tuple(check.arguments() for check in task.checks),
        )
        for task in tasks
    ]
    verdicts = [
        result.values == tuple(check.expected for check in task.checks)
        for task, result in zip(tasks, runner.run_all(jobs), strict=True)
    ]
    return sum(verdicts) / len(verdicts)


def test_a_teacher_is_right_at_its_rate(tasks: list[Task], runner: ProgramRunner) -> None:
    """A sure one always; one without skill almost never: a slip now and then changes nothing that a check sees."""
    assert share_right(tasks, 1.0, runner) == 1.0
    assert share_right(tasks, 0.0, runner) < 0.2
    assert 0.4 < share_right(tasks, 0.5, runner) < 0.75


def test_the_same_question_gets_the_same_answer(tasks: list[Task]) -> None:
    """By task, skill and seed; another seed mostly gives another one."""
    first = [program_answer(task, 0.5, seed=1) for task in tasks]

    assert first == [program_answer(task, 0.5, seed=1) for task in tasks]
    assert first != [program_answer(task, 0.5, seed=2) for task in tasks]


def test_tasks_of_others_are_refused(tasks: list[Task]) -> None:
    """Of another source, or drawn by another version of the families."""
    imported = replace(tasks[0], provenance=replace(tasks[0].provenance, stage="import"))
    changed = replace(tasks[0], reference="def other():\n    pass\n")

    with pytest.raises(InputError, match="not drawn from a family"):
        program_answer(imported, 1.0, seed=0)
    with pytest.raises(InputError, match="another version"):
        program_answer(changed, 1.0, seed=0)
