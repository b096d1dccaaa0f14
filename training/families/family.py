"""What a family is: data from which problems are drawn. Everything that composes or runs them is elsewhere."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Code = str | tuple[str, ...]
Slot = tuple[int | str, ...] | Mapping[str, Code]
"""What a parameter may be: constants, or words with the code they mean (a tuple where a program has several places)."""
Choices = dict[str, int | str]
"""By slot, the constant or the words that were chosen."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kind:
    """A kind of argument. All families that take it are tested on the same values, so that behaviours compare."""

    name: str
    words: str
    """As in "`xs` is $words"."""
    draw: Callable[[random.Random], Any]
    """A JSON value."""
    edges: tuple[Any, ...]
    """Always among the inputs: empty, one, repeated, negative, long, not ASCII, whatever applies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Problems that differ in the choices for their slots.

    In all texts `$slot` stands for what was chosen: its words in `asks`, its code in `styles` (`$slot_0`, `$slot_1` for
    a tuple); words and code may name further slots. Constants are written as Python writes them. `$f` is the function.
    """

    name: str
    subject: str
    level: int = 1
    """Difficulty of the core alone, 1 to 3; steps before and after it add to this."""
    takes: Mapping[str, Kind]
    """Kind by parameter; the steps that prepare work on the first."""
    prepare: str = ""
    """Which table of `prepare.PREPARE` applies; none if empty."""
    finish: str = ""
    """Which table of `finish.FINISH` applies to the result; none if empty."""
    slots: Mapping[str, Slot] = field(default_factory=dict[str, Slot])
    titles: tuple[str, ...]
    """Names that the function may have."""
    asks: tuple[str, ...]
    """Phrasings of the result, each a noun phrase, or a clause that begins with "whether"."""
    styles: tuple[str, ...]
    """Right programs in different styles; the first is the reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One problem before its expected results are computed."""

    family: str
    choices: Choices
    level: int
    prompt: str
    entry_point: str
    programs: tuple[str, ...]
    """Right programs, one for each style; the first is the reference."""
    suspect: str = ""
    """The program that the prompt asks to repair; empty in most drafts."""
    example: int | None = None
    """Which of the inputs is shown with its result."""
    inputs: tuple[tuple[Any, ...], ...]
