"""Problems of the five pipelines as rows, and the program teachers that answer them."""

import random

from assistant.sandbox.programs import ProgramRunner
from training.problems import Problem, Side, draw_problems
from training.rows import Provenance, Role, Sampled


def draw(side: Side, count: int, seed: int) -> list[Problem]:
    """Problems with tests; the combinations of one side are never on the other."""
    with ProgramRunner(num_workers=1) as runner:
        return draw_problems(side, count, seed, runner)


def program(problem: Problem, skill: float, rng: random.Random) -> str:
    """A right program in one of the styles with probability `skill`, otherwise one with a mistake."""
    return rng.choice(problem.solutions if rng.random() < skill else problem.mistakes)


def teachers(problem: Problem, count: int, skill: float, seed: int) -> list[Sampled]:
    """The answers of teachers that are right with probability `skill`, each for itself."""
    rng = random.Random(f"{seed}/{skill}/{problem.id}")
    return [answer(problem.id, "teacher", f"program/{skill:g}/{n}", program(problem, skill, rng)) for n in range(count)]


def answer(task_id: str, role: Role, source: str, code: str) -> Sampled:
    """An answer that is all code."""
    return Sampled(
        id=f"{task_id} {source}",
        task_id=task_id,
        role=role,
        source=source,
        text=code,
        code=code,
        provenance=Provenance(stage="study", source=source, parent=task_id),
    )
