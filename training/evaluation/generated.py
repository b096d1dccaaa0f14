"""Problems of the families, drawn for an evaluation: nobody has seen them, and there are as many as are wanted."""

from assistant.sandbox.programs import ProgramRunner
from training.evaluation.suites import Problem
from training.families.pipelines.draft import ENTRY_POINT
from training.problems import Side, draw_problems
from training.rows import Check, Provenance


def draw(side: Side, count: int, seed: int, runner: ProgramRunner) -> list[Problem]:
    """`count` problems with tests by values. Raises `SandboxError`."""
    return [
        Problem(
            task_id=each.id,
            prompt=each.docstring,
            entry_point=ENTRY_POINT,
            reference=each.solutions[0],
            checks=tuple(
                Check(inputs=tuple(inputs), expected=expected, provenance=_provenance(each.family, seed))
                for inputs, expected in zip(each.inputs, each.expected, strict=True)
            ),
        )
        for each in draw_problems(side, count, seed, runner)
    ]


def _provenance(family: str, seed: int) -> Provenance:
    return Provenance(stage="families", source=family, seed=seed)
