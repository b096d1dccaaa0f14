"""Teachers that are programs, for every task that has a reference."""

import ast
import random

from assistant.errors import InputError
from training.extraction import parsed
from training.families import teachers
from training.families.mistakes import mutants
from training.rows import Task


def program_answer(task: Task, skill: float, seed: int) -> str:
    """Right with probability `skill`, otherwise plausibly wrong; the same for the same arguments.

    The families know several right programs and many wrong ones for each of theirs. Of any other task there is the
    reference, and the reference with one slip in the function that is asked for.

    Raises:
        InputError: The task has no reference, or was drawn from the families by another version of them.
    """
    if task.provenance.stage == "families":
        return teachers.program_answer(task, skill, seed)
    if not task.reference:
        raise InputError(f"task {task.id} has no reference", hint="Use another source for this task.")
    rng = random.Random(f"{seed}/{skill}/{task.id}")
    return task.reference if rng.random() < skill else _slipped(task, rng)


def _slipped(task: Task, rng: random.Random) -> str:
    """The reference with a slip; as it is where nothing in it can slip."""
    before, function, after = _parts(task)
    pool = mutants(function) if function.isascii() else ()
    return before + rng.choice(pool).program + after if pool else task.reference


def _parts(task: Task) -> tuple[str, str, str]:
    """The reference before, in and after the function that is asked for."""
    tree = parsed(task.reference) or ast.Module([], [])
    lines = task.reference.splitlines(keepends=True)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == task.entry_point:
            start, end = node.lineno - 1, node.end_lineno or node.lineno
            return "".join(lines[:start]), "".join(lines[start:end]), "".join(lines[end:])
    return "", task.reference, ""
