"""The hostile programs of `programs/`: what they try, and the verdict that each must get.

A section begins with `### NUMBER | TITLE -> VERDICT|VERDICT`, or `NUMBER | statements | TITLE` where asserts run
beside the program. The task is f(x) = x + 1. "pass" is asked of programs that are right only if what they try has
failed. Where more than one verdict stands, machines differ: in a box files are missing rather than forbidden, and how
fast a processor is decides which limit comes first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.sandbox.jobs import Job
from assistant.sandbox.replies import Results
from assistant.sandbox.values import canonical_text, is_opaque, is_same

FOLDER = Path(__file__).parent / "programs"
KINDS = ("controls", "cheating", "forging", "timing", "bombs", "escapes")
PRELUDE = """
def refused(*actions):
    for action in actions:
        try:
            action()
        except OSError:
            continue
        return False
    return True

"""
INPUTS = ((1,), (5,), (-3,))
EXPECTED = tuple(canonical_text(x + 1) for (x,) in INPUTS)
STATEMENTS = tuple(f"assert abs(f({x})) == {abs(x + 1)}" for (x,) in INPUTS)
LONG = {
    "NULL": "\0",
    "SURROGATE": "\ud800",
    "OPEN": "[" * 1000,
    "MINUS": "-" * 300_000,
    "LONG": "#" * 10_000_000,
    "FEED": "\f",
    "LINES": "\n" * 50_000,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """One program."""

    name: str
    program: str
    required: Sequence[str]
    is_weak: bool

    def job(self, places: dict[str, str]) -> Job:
        """With the names of this machine's canaries in their places."""
        program = self.program
        for name, text in {**LONG, **places}.items():
            program = program.replace(f"@{name}@", text)
        wall_s = 2.0 if self.required == ["timeout"] else 20.0  # who sleeps need not be waited for
        if self.is_weak:
            return Job(program=program, statements=STATEMENTS, entry_point="f", cpu_s=1, wall_s=wall_s)
        return Job(program=program, entry_point="f", inputs=INPUTS, cpu_s=1, wall_s=wall_s)


def read_programs(kind: str) -> list[Hostile]:
    """The programs of one file."""
    _, *sections = ("\n" + (FOLDER / f"{kind}.txt").read_text()).split("\n### ")
    return [_program(section) for section in sections]


def _program(section: str) -> Hostile:
    head, _, body = section.partition("\n")
    name, _, required = head.rpartition(" -> ")
    return Hostile(
        name=name,
        program=(PRELUDE if "refused(" in body else "") + body,
        required=required.split("|"),
        is_weak="| statements |" in name,
    )


ALL = [program for kind in KINDS for program in read_programs(kind)]


def verdict(results: Results) -> str:
    """In a word: how it ended or, if it ran to its end, the first thing that is wrong with it."""
    if results.ended != "whole":
        return results.ended
    for number, error in enumerate(results.errors):
        if error:
            return f"error:{error.splitlines()[0][:10] if len(error) > 40 else error.splitlines()[0]}"
        if results.passed:
            continue
        value = results.values[number]
        assert value is not None
        if is_opaque(value):
            return "opaque"
        if not is_same(EXPECTED[number], value):
            return "wrong"
    return "pass"
