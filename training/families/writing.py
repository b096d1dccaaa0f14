"""From a family and a seed to a draft: what is asked, in which words, and the programs that solve it or misread it."""

import json
import random
from collections.abc import Mapping
from functools import lru_cache
from string import Template
from textwrap import fill, indent

from training.families.composing import all_slots, filled, program, words_of
from training.families.family import Choices, Draft, Family
from training.families.kinds import NUM_DRAWN, inputs_of
from training.families.mistakes import mutants

STEP_SHARE = {"prepare": 0.6, "finish": 0.55}
"""How often a step is drawn, where the family has it."""
REPAIR_SHARE = 0.1
"""Prompts that show a broken program."""
EXAMPLE_SHARE = 0.3
"""Prompts that show a call with its result."""


def draft(family: Family, seed: str) -> Draft:
    """The problem of this seed; the same on every machine."""
    rng = random.Random(seed)
    choices = draw_choices(family, rng)
    name = rng.choice(family.titles)
    programs = tuple(dict.fromkeys(program(family, style, choices, name) for style in family.styles))
    task = sentences(family, choices, rng.choice(family.asks))
    suspect = _suspect(programs, rng) if rng.random() < REPAIR_SHARE else ""
    prompt = _repair(task, suspect) if suspect else _frame(family, name, task, rng)
    example = rng.randrange(NUM_DRAWN) if not suspect and rng.random() < EXAMPLE_SHARE else None
    return Draft(
        family=family.name,
        choices=choices,
        level=_level(family, choices),
        prompt=prompt,
        entry_point=name,
        programs=programs,
        suspect=suspect,
        example=example,
        inputs=inputs_of(tuple(family.takes.values())),
    )


def draw_choices(family: Family, rng: random.Random) -> Choices:
    """A choice for every slot that the problem then uses, in the order of the slots' names."""
    slots = all_slots(family)
    drawn: Choices = {}
    for slot, options in slots.items():
        taken = rng.random() < STEP_SHARE.get(slot, 1.0)
        value = rng.choice(tuple(options))
        if taken:
            drawn[slot] = value
    return _used(family, drawn)


def combination(family: Family, choices: Choices) -> str:
    """The named parts of a problem, without its constants: what the split by parameters goes by."""
    slots = all_slots(family)
    named = {slot: value for slot, value in choices.items() if isinstance(slots[slot], Mapping)}
    return json.dumps([family.name, sorted(named.items())])


def sentences(family: Family, choices: Choices, ask: str) -> str:
    """The task in plain words."""
    words = words_of(family, choices)
    asked = filled(ask, words)
    parts = [f"First {filled(words['prepare'], words)}."] if "prepare" in choices else []
    if "finish" not in choices:
        return " ".join([*parts, f"Return {asked}."])
    verb = "tell" if asked.startswith("whether") else "be"
    return " ".join([*parts, f"Let r {verb} {asked}.", f"Return {filled(words['finish'], words)}."])


def _level(family: Family, choices: Choices) -> int:
    """1 for a small core with at most one step, up to 3."""
    return min(3, max(1, family.level - 1 + ("prepare" in choices) + ("finish" in choices)))


def _used(family: Family, drawn: Choices) -> Choices:
    """Without the constants that nothing names: they would tell equal problems apart."""
    slots = all_slots(family)
    texts = [*family.asks, *family.styles, *("$" + step for step in STEP_SHARE if step in drawn)]
    names: set[str] = set()
    while texts:
        for name in _identifiers(texts.pop()):
            slot = name if name in drawn else name.rpartition("_")[0]
            if slot not in drawn or name in names:
                continue
            names |= {name, slot}
            options, value = slots[slot], drawn[slot]
            if isinstance(options, Mapping):
                code = options[str(value)]
                texts += [str(value), *((code,) if isinstance(code, str) else code)]
    return {slot: drawn[slot] for slot in sorted(drawn) if slot in names}


@lru_cache(maxsize=4096)
def _identifiers(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(Template(text).get_identifiers()))


def _suspect(programs: tuple[str, ...], rng: random.Random) -> str:
    wrong = [each.program for each in mutants(rng.choice(programs)) if each.effect == "wrong"]
    return rng.choice(wrong) if wrong else ""


def _frame(family: Family, name: str, task: str, rng: random.Random) -> str:
    signature = f"{name}({', '.join(family.takes)})"
    takes = " ".join(f"`{parameter}` is {kind.words}." for parameter, kind in family.takes.items())
    stub = indent(fill(f"{task} {takes}", 72), "    ").strip()
    return rng.choice(
        (
            f"Write a function `{signature}`. {takes} {task}",
            f"Write a Python function `{name}` with the parameters {', '.join(family.takes)}. {task} {takes}",
            f"{task}\n\n{takes} The function is `{signature}`.",
            f"Implement `{signature}` in Python.\n\n{takes}\n{task}",
            f'Complete this function:\n\n```python\ndef {signature}:\n    """{stub}"""\n```',
            f"I need a function that does the following. {task} Call it `{signature}`. {takes}",
        )
    )


def _repair(task: str, suspect: str) -> str:
    shown = f"```python\n{suspect}```"
    return f"This function has a bug. What it should do: {task}\n\n{shown}\n\nGive the whole function, repaired."
