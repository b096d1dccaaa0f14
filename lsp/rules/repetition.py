"""A model that turns in circles is stopped at the first round. Only equal lines count: similar rows may be a table."""

import re

from lsp.rules.around import Surroundings
from lsp.rules.suffix import is_same, says_something

_NUM_ROUNDS = 3
_NUM_ROUNDS_OF_DATA = 8
_MAX_LINES_OF_A_ROUND = 4
_MIN_VISIBLE_CHARS = 8
"""Of a line that repeats as prose would, not as data: `NULL,` and `x++;` may come often."""
_MAX_LINE_CHARS = 400
_UNIT = re.compile(r"(.{10,60}?)\1{3,}\S{0,60}$|(.{3,9}?)\2{5,}\S{0,9}$")
"""At a line's end, a piece of ten characters four times, or of three characters six times; the last may be torn."""


def without_repetition(text: str, around: Surroundings) -> str:
    """Keep one of three equal lines, or blocks of up to four lines; of rows of data, one of eight."""
    lines = text.split("\n")
    whole = [around.line_before + lines[0], *lines[1:]]
    visible = [number for number, line in enumerate(whole) if line.strip()]
    for place in range(len(visible)):
        for size in range(1, _MAX_LINES_OF_A_ROUND + 1):
            if _turns([whole[number] for number in visible[place : place + _NUM_ROUNDS_OF_DATA * size]], size):
                return around.cut_after(lines[: visible[place + size - 1] + 1])
    return text


def _turns(lines: list[str], size: int) -> bool:
    """Whether lines are the first `size` of them, over and over."""
    if not _is_periodic(lines, size, _NUM_ROUNDS):
        return False
    is_telling = _is_telling(" ".join({line.strip() for line in lines[:size]}))
    return is_telling or _is_periodic(lines, size, _NUM_ROUNDS_OF_DATA)


def _is_periodic(lines: list[str], size: int, num_rounds: int) -> bool:
    if len(lines) < num_rounds * size:
        return False
    return all(is_same(lines[number], lines[number % size]) for number in range(size, num_rounds * size))


def without_stammer(text: str, around: Surroundings) -> str:
    """Drop a line that ends in a piece with words said over and over, and what comes after it; rulers are no words."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        unit = _UNIT.search(line[-_MAX_LINE_CHARS:])
        if unit and says_something(" " + (unit[1] or unit[2])):
            return around.cut_after(lines[:number])
    return text


def without_lines_above(text: str, around: Surroundings) -> str:
    """Drop a text that begins with the line, or the two or three lines, right above the cursor once more."""
    first, *others = text.split("\n")
    mine = [line for line in [around.line_before + first, *others] if line.strip()][:3]
    above = around.lines_above(4)
    for size in range(len(mine), 0, -1):
        is_once = len(above) <= size or not is_same(above[-1], above[-1 - size])
        if mine[:size] == above[-size:] and is_once and any(map(_is_telling, mine[:size])):
            return ""
    return text


def _is_telling(line: str) -> bool:
    return says_something(line) and len("".join(line.split())) >= _MIN_VISIBLE_CHARS
