"""Programs and texts from templates: slots are filled, steps are put before and after a core."""

from collections.abc import Mapping
from string import Template
from textwrap import dedent

from training.families.family import Choices, Family, Slot
from training.families.finish import FINISH
from training.families.prepare import PREPARE

CONSTANTS = {"p": (2, 3, 4, 5, 6, 7), "q": (2, 3, 4, 5, 6, 7, 8, 9)}
"""Of the steps."""
_MAX_NESTING = 4


def all_slots(family: Family) -> dict[str, Slot]:
    """The family's own slots and those of its steps."""
    steps: dict[str, Slot] = dict(CONSTANTS)
    if family.prepare:
        steps["prepare"] = PREPARE[family.prepare]
    if family.finish:
        steps["finish"] = FINISH[family.finish]
    return {**steps, **family.slots}


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with slots replaced, also those that replacements name."""
    for _ in range(_MAX_NESTING):
        if "$" not in text:
            return text
        text = Template(text).substitute(values)
    return text


def words_of(family: Family, choices: Choices) -> dict[str, str]:
    """By slot, what a prompt says."""
    named = {slot: isinstance(options, Mapping) for slot, options in all_slots(family).items()}
    said = {slot: str(value) if named[slot] else repr(value) for slot, value in choices.items()}
    return {"v": next(iter(family.takes)), **said}


def code_of(family: Family, choices: Choices) -> dict[str, str]:
    """By slot, what a program writes."""
    written = {"v": next(iter(family.takes))}
    slots = all_slots(family)
    for slot, value in choices.items():
        options = slots[slot]
        code = options[str(value)] if isinstance(options, Mapping) else repr(value)
        written |= {slot: code} if isinstance(code, str) else {f"{slot}_{at}": each for at, each in enumerate(code)}
    return written


def program(family: Family, style: str, choices: Choices, name: str) -> str:
    """A style of the family with its slots filled and its steps around it: inside if it is one straight function."""
    code = code_of(family, choices)
    if "prepare" not in choices and "finish" not in choices:
        return _source(style, code, name)
    source = _source(style, code, name)
    lines = source.splitlines()
    straight = source.count("return ") == 1 and lines[-1].startswith("    return ") and source.count(f"{name}(") == 1
    return _inside(lines, family, code, name) if straight else _around(style, family, code, name)


def _source(style: str, code: Mapping[str, str], name: str) -> str:
    return filled(dedent(style).strip(), {**code, "f": name}) + "\n"


def _inside(lines: list[str], family: Family, code: Mapping[str, str], name: str) -> str:
    head = next(at for at, line in enumerate(lines) if line.startswith(f"def {name}("))
    result = lines[-1].removeprefix("    return ")
    body = [*lines[: head + 1], *_before(code), *lines[head + 1 : -1], *_after(code, result)]
    return "\n".join([*body, ""])


def _around(style: str, family: Family, code: Mapping[str, str], name: str) -> str:
    parameters = ", ".join(family.takes)
    core = _source(style, code, f"{name}_core")
    body = [f"def {name}({parameters}):", *_before(code), *_after(code, f"{name}_core({parameters})")]
    return "\n".join([core, "", *body, ""])


def _before(code: Mapping[str, str]) -> list[str]:
    return [f"    {code['v']} = {filled(code['prepare'], code)}"] if "prepare" in code else []


def _after(code: Mapping[str, str], result: str) -> list[str]:
    if "finish" not in code:
        return [f"    return {result}"]
    return [f"    r = {result}", f"    return {filled(code['finish'], code)}"]
