"""Problems of the five pipelines as rows, and the program teachers that answer them."""

import random
from collections.abc import Sequence

from assistant.sandbox.programs import ProgramRunner
from training.families.pipelines.draft import ENTRY_POINT
from training.problems import Problem, Side, draw_problems
from training.rows import Check, Provenance, Sampled, Task


def draw(side: Side, count: int, seed: int) -> list[Problem]:
    """Problems with tests; the combinations of one side are never on the other."""
    with ProgramRunner(num_workers=1) as runner:
        return draw_problems(side, count, seed, runner)


def as_task(problem: Problem) -> Task:
    """As a row."""
    return Task(
        id=problem.id,
        prompt=problem.docstring,
        entry_point=ENTRY_POINT,
        reference=problem.solutions[0],
        checks=tuple(map(Check.of_call, problem.inputs, problem.expected)),
        provenance=Provenance(stage="study", source=problem.family),
    )


def program(problem: Problem, skill: float, rng: random.Random) -> str:
    """A right program in one of the styles with probability `skill`, otherwise one with a mistake."""
    return rng.choice(problem.solutions if rng.random() < skill else problem.mistakes)


def teachers(problem: Problem, count: int, skill: float, seed: int) -> list[Sampled]:
    """The answers of teachers that are right with probability `skill`, each for itself."""
    rng = random.Random(f"{seed}/{skill}/{problem.id}")
    return [answer(problem.id, "teacher", f"program/{skill:g}/{n}", program(problem, skill, rng)) for n in range(count)]


def answer(task_id: str, role: str, source: str, code: str) -> Sampled:
    """An answer that is all code."""
    return Sampled(
        id=f"{task_id} {source}",
        task_id=task_id,
        role="teacher" if role == "teacher" else "student",
        source=source,
        text=code,
        code=code,
        provenance=Provenance(stage="study", source=source, parent=task_id),
    )


def by_id(problems: Sequence[Problem]) -> dict[str, Problem]:
    """By their ids."""
    return {problem.id: problem for problem in problems}
