"""Where in a file the lines are that a model wants replaced. It quotes from memory: blanks differ, and words.

Tried in turn: the very lines; without blanks at line ends; with other indentation, which the new lines then get, too;
and at last lines that are alike, within bounds. Whatever was not exact is said, and stands in the diff.
"""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from rapidfuzz import fuzz
from rapidfuzz.process import cdist

MIN_ALIKE = 88.0
"""Percent, the mean over the lines: below it another place is as likely meant."""
MIN_LEAD = 6.0
"""Percent by which the best place must be better than any other."""
MAX_COMPARED = 2_000_000
"""Pairs of lines that are compared at most."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where lines were found."""

    start: int
    indented: Callable[[Sequence[str]], list[str]] = list
    """Gives the new lines the indentation that the file has there."""
    note: str = ""
    """How it was found, where not by the very lines."""


class NoPlaceError(Exception):
    """There is no place, or more than one; says which."""


def find(lines: Sequence[str], old: Sequence[str], near: int | None = None) -> Place:
    """Find `old` in `lines`.

    Args:
        lines: The file's.
        old: At least one that is not blank.
        near: About where; it decides among several places that fit exactly.

    Raises:
        NoPlaceError: None fits, or several do.
    """
    if not any(line.strip() for line in old):
        raise NoPlaceError("the lines to be replaced are blank")
    if starts := _starts(lines, old, lambda line: line):
        return Place(_one_of(starts, near))
    if starts := _starts(lines, old, str.rstrip):
        return Place(_one_of(starts, near), note="found without regard to blanks at line ends")
    if starts := _starts_indented(lines, old):
        start = _one_of(starts, near)
        return Place(start, _reindenting(old, lines[start : start + len(old)]), "indented as the file is")
    return _alike(lines, old)


def _starts(lines: Sequence[str], old: Sequence[str], form: Callable[[str], str]) -> list[int]:
    haystack, needle = [form(line) for line in lines], [form(line) for line in old]
    first = needle[0]
    return [
        start
        for start in range(len(haystack) - len(needle) + 1)
        if haystack[start] == first and haystack[start : start + len(needle)] == needle
    ]


def _starts_indented(lines: Sequence[str], old: Sequence[str]) -> list[int]:
    needle = _dedented(old)
    starts = _starts(lines, old, str.strip)
    return [start for start in starts if _dedented(lines[start : start + len(old)]) == needle]


def _dedented(lines: Sequence[str]) -> list[str]:
    return [line.rstrip() for line in textwrap.dedent("\n".join(lines)).split("\n")]


def _reindenting(old: Sequence[str], there: Sequence[str]) -> Callable[[Sequence[str]], list[str]]:
    first = next(n for n, line in enumerate(old) if line.strip())
    theirs, ours = (line[: len(line) - len(line.lstrip())] for line in (old[first], there[first]))

    def indented(new: Sequence[str]) -> list[str]:
        if ours.endswith(theirs):  # the file has more of it
            more = ours.removesuffix(theirs)
            return [more + line if line.strip() else line for line in new]
        return [ours + line.removeprefix(theirs) if line.strip() else line for line in new]

    return indented


def _one_of(starts: Sequence[int], near: int | None) -> int:
    if len(starts) == 1:
        return starts[0]
    if near is None:
        places = ", ".join(str(start + 1) for start in starts[:5])
        raise NoPlaceError(f"the lines to be replaced stand at {len(starts)} places: lines {places}")
    return min(starts, key=lambda start: abs(start - near))


def _alike(lines: Sequence[str], old: Sequence[str]) -> Place:
    num_places = len(lines) - len(old) + 1
    if num_places < 1 or len(lines) * len(old) > MAX_COMPARED:
        raise NoPlaceError("the lines to be replaced are not in the file")
    stripped = [line.strip() for line in lines]
    table = cdist([line.strip() for line in old], stripped, scorer=fuzz.ratio)
    sums = cast(Any, sum(table[n, n : n + num_places] for n in range(len(old))))
    percent: list[float] = (sums / len(old)).tolist()
    best = max(range(num_places), key=percent.__getitem__)
    others = [percent[n] for n in range(num_places) if abs(n - best) >= len(old)]
    if percent[best] < MIN_ALIKE:
        nearest = f"nearest, at line {best + 1}, are {percent[best]:.0f} % alike"
        raise NoPlaceError(f"the lines to be replaced are not in the file; {nearest}")
    if percent[best] - max(others, default=0.0) < MIN_LEAD:
        raise NoPlaceError("the lines to be replaced are not in the file, and several places are about as much alike")
    where = f"lines {best + 1}-{best + len(old)}"
    there = lines[best : best + len(old)]
    indented = _reindenting(old, there) if there[0].strip() else list
    return Place(best, indented, f"not exact: {where} are {percent[best]:.0f} % alike")
