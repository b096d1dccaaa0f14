"""Problems of the families, drawn for an evaluation: nobody has seen them, and there are as many as are wanted."""

import itertools
from typing import Literal

from assistant.sandbox.programs import ProgramRunner
from training.evaluation.suites import Problem, of_tasks
from training.families.drawing import Split, draw_tasks
from training.problems import as_task, draw_problems

Drawn = Split | Literal["pipelines"]
"""`pipelines`: the five older families that the built-in model was taught, in combinations that it was not."""


def draw(drawn: Drawn, count: int, seed: int, runner: ProgramRunner) -> list[Problem]:
    """`count` problems with tests by values.

    Raises:
        InputError: There are not so many.
        SandboxError: The fence failed.
    """
    if drawn == "pipelines":
        return of_tasks([as_task(each) for each in draw_problems("held_out", count, seed, runner)])
    rounds = draw_tasks(drawn, seed, runner)
    return of_tasks(list(itertools.islice(itertools.chain.from_iterable(rounds), count)))
