"""What a family hands over: a task in words, programs that solve it or fail to, and inputs that tell them apart."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ENTRY_POINT = "solve"
"""Every generated program defines a function of this name."""

Combination = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One problem before its expected results are computed."""

    docstring: str
    solutions: tuple[str, ...]
    """Right programs, one for each code style; the first is the reference."""
    mistakes: tuple[str, ...]
    """Plausible programs that do not compile, crash, or answer wrongly on some inputs."""
    inputs: tuple[tuple[Any, ...], ...]
    """Arguments of the calls, JSON values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A named set of combinations and how to write a problem for one of them."""

    name: str
    combinations: tuple[Combination, ...]
    write: Callable[[Combination, random.Random], Draft]


def broken(program: str) -> str:
    """The program with the colon of its first line lost: it does not compile."""
    head, _, body = program.partition("\n")
    return f"{head.removesuffix(':')}\n{body}"


def misnamed(program: str, name: str, typo: str) -> str:
    """The program with the last use of a name misspelt: it compiles and then fails."""
    before, _, after = program.rpartition(name)
    return f"{before}{typo}{after}"
