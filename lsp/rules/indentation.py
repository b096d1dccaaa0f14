"""Indentation in the style of the file, and where the cursor has it already."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise

from lsp.rules.around import Surroundings, indent_of
from lsp.rules.code import lines_in_strings, opened
from lsp.rules.languages import language_of

_SAMPLE_CHARS = 4_000
_CLEAR_MAJORITY = 4
_TABBED = re.compile(r"^\t", re.MULTILINE)
_SPACED = re.compile(r"^  ", re.MULTILINE)
_SPACES = re.compile(r"^(?:  )+(?! )", re.MULTILINE)
_BLANKS = re.compile(r"[ \t]*")
_USUAL_WIDTH = 4


def in_style_of_file(text: str, around: Surroundings) -> str:
    """Indent with tabs where the file does, with its number of spaces where it does that; no guess without a majority.

    Lines that continue a string keep theirs, and what is less than a whole step stays spaces: ` * ` of a comment.
    """
    nearby = around.prefix[-_SAMPLE_CHARS:] + around.suffix[:_SAMPLE_CHARS]
    tabbed, spaced = len(_TABBED.findall(nearby)), len(_SPACED.findall(nearby))
    if tabbed > _CLEAR_MAJORITY * spaced:
        return _reindented(text, around, _to_tabs, _width_of(text))
    if spaced > _CLEAR_MAJORITY * tabbed and "\t" in text:
        return _reindented(text, around, _to_spaces, _width_in(nearby.split("\n")))
    return text


def _step_of(around: Surroundings) -> int:
    return _width_in((around.prefix[-_SAMPLE_CHARS:] + around.suffix[:_SAMPLE_CHARS]).split("\n"))


def _reindented(text: str, around: Surroundings, convert: Callable[[str, int], str], width: int) -> str:
    content = lines_in_strings(text, around)
    lines = text.split("\n")
    first = 1 if around.line_before.strip() else 0
    return "\n".join(
        line if number < first or number in content else _BLANKS.sub(lambda blanks: convert(blanks[0], width), line, 1)
        for number, line in enumerate(lines)
    )


def _to_tabs(blanks: str, width: int) -> str:
    tabs = len(blanks) - len(blanks.lstrip("\t"))
    steps, rest = divmod(len(blanks) - tabs, width)
    return "\t" * (tabs + steps) + " " * rest if "\t" not in blanks[tabs:] else blanks


def _to_spaces(blanks: str, width: int) -> str:
    return blanks.replace("\t", " " * width)


def _width_in(lines: Iterable[str]) -> int:
    """Spaces of a step: by how much lines most often stand further right than the one above."""
    depths = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip()]
    steps = Counter(below - above for above, below in pairwise(depths) if below - above in (2, 3, 4, 8))
    return steps.most_common(1)[0][0] if steps else _USUAL_WIDTH


def _width_of(text: str) -> int:
    """Spaces of a step in a text that is too short to count steps: four or two, of which all lines are multiples."""
    widths = [len(blanks) for blanks in _SPACES.findall(text)]
    return 2 if math.gcd(*widths) % _USUAL_WIDTH else _USUAL_WIDTH


def without_second_indentation(text: str, around: Surroundings) -> str:
    """Drop blanks at the start that push a line further right than where it belongs.

    On a begun line: after a blank. On a blank one, at a whole step: where the cursor stands deeper than the line above,
    or if it is one space, which models of words like to begin with. In open parentheses lines are aligned anyhow.
    """
    before = around.line_before
    if not before.endswith((" ", "\t")) or not text.startswith((" ", "\t")):
        return text
    if before.strip():
        return text.lstrip(" \t")
    above = next(iter(around.lines_above(1)), None)
    is_aligned = opened(around).brackets.endswith(("(", "[")) or language_of(around.language).is_prose
    if is_aligned or opened(around).inside or above is None or len(before.expandtabs(step := _step_of(around))) % step:
        return text
    is_one_space = text.startswith(" ") and not text[1:].startswith((" ", "\t"))
    return text.lstrip(" \t") if is_one_space or indent_of(before) > indent_of(above) else text
