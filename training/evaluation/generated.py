"""Problems of the families, drawn for an evaluation: nobody has seen them, and there are as many as are wanted."""

import itertools
from typing import Literal

from assistant.sandbox.programs import ProgramRunner
from training.evaluation.suites import Problem, of_tasks
from training.families.drawing import Split, draw_tasks
from training.families.pipelines.draft import ENTRY_POINT
from training.problems import draw_problems
from training.rows import Check

Drawn = Split | Literal["pipelines"]
"""`pipelines`: the five older families that the built-in model was taught, in combinations that it was not."""


def draw(drawn: Drawn, count: int, seed: int, runner: ProgramRunner) -> list[Problem]:
    """`count` problems with tests by values.

    Raises:
        InputError: There are not so many.
        SandboxError: The fence failed.
    """
    if drawn == "pipelines":
        return _pipelines(count, seed, runner)
    rounds = draw_tasks(drawn, seed, runner)
    return of_tasks(list(itertools.islice(itertools.chain.from_iterable(rounds), count)))


def _pipelines(count: int, seed: int, runner: ProgramRunner) -> list[Problem]:
    return [
        Problem(
            task_id=each.id,
            prompt=each.docstring,
            entry_point=ENTRY_POINT,
            reference=each.solutions[0],
            checks=tuple(map(Check.of_call, each.inputs, each.expected)),
        )
        for each in draw_problems("held_out", count, seed, runner)
    ]
