"""Teachers that are programs: right at a known rate, otherwise plausibly wrong."""

import random

from assistant.errors import InputError
from training.families.catalogue import family_named
from training.families.composing import all_slots, program
from training.families.drawing import attempt_of
from training.families.family import Choices, Draft, Family
from training.families.mistakes import mutants
from training.families.writing import STEP_SHARE
from training.rows import Task

MISTAKES = {"compile": 0.15, "crash": 0.25, "wrong": 0.35, "misread": 0.25}
"""How often a mistake is of a sort: does not compile, crashes, answers wrongly, solves another task."""
_UNREPAIRED_SHARE = 0.3


def program_answer(task: Task, skill: float, seed: int) -> str:
    """The answer of a teacher that is right with probability `skill`; the same for the same arguments.

    Raises:
        InputError: The task is not from the families, or from a version of them that drew it differently.
    """
    each = attempt_of(task).draft()
    if each.programs[0] != task.reference:
        raise InputError(
            f"task {task.id} was drawn by another version of the families",
            hint="Draw the problems again with `cairn train problems`.",
        )
    return answer(each, random.Random(f"{seed}/{skill}/{task.id}"), skill)


def answer(each: Draft, rng: random.Random, skill: float) -> str:
    """A right program in one of the styles with probability `skill`, otherwise a mistake."""
    return rng.choice(each.programs) if rng.random() < skill else mistake(each, rng)


def mistake(each: Draft, rng: random.Random) -> str:
    """A program that is most likely wrong; only the tests know."""
    if each.suspect and rng.random() < _UNREPAIRED_SHARE:
        return each.suspect
    sort = rng.choices(tuple(MISTAKES), tuple(MISTAKES.values()))[0]
    if sort == "misread":
        return rng.choice(misreadings(each, rng))
    pool = mutants(rng.choice(each.programs))
    return rng.choice([mutant.program for mutant in pool if mutant.effect == sort])


def misreadings(each: Draft, rng: random.Random) -> tuple[str, ...]:
    """Right programs for other tasks: each step left out, each choice replaced by another one."""
    family = family_named(each.family)
    slots, others = all_slots(family), list[Choices]()
    for slot, chosen in each.choices.items():
        if slot in STEP_SHARE:
            others.append({name: value for name, value in each.choices.items() if name != slot})
        rest = [option for option in slots[slot] if option != chosen]
        if rest:
            others.append({**_fillers(family), **each.choices, slot: rng.choice(rest)})
    programs = [program(family, rng.choice(family.styles), other, each.entry_point) for other in others]
    return tuple(dict.fromkeys(programs))


def _fillers(family: Family) -> Choices:
    """For every slot but the steps an option: another choice may name slots that the drawn one did not."""
    return {slot: next(iter(options)) for slot, options in all_slots(family).items() if slot not in STEP_SHARE}
