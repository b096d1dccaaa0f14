"""What stands after the cursor already is not typed again."""

import re
from itertools import takewhile

from rapidfuzz.distance import Levenshtein

from lsp.rules.around import Surroundings, indent_of

_NUM_COMPARED_LINES = 3
_TOLERANCE = 0.05
"""Of a line's characters; none in lines of fewer than twenty."""
_MAX_OVERLAP_CHARS = 200
_MIN_REPEATED_CHARS = 4
_WORD = re.compile(r"\b[^\W\d_]{2,}")
_EMPTY_ELEMENT = re.compile(r"<([\w-]++)[^<>]*+>\s*+</\1>|<[\w-]++[^<>]*+>")
_DIGITS = re.compile(r"\d+")
_OPERATOR = frozenset("+-*/%<>=!&|^~?:.@")
_BEGINS_AN_ITEM = re.compile(r"(?!\s*(?:else|finally)\b).*[(\[{:,<>\\]\s*$|\s*(?:@|#|//|/\*|\*|-|<|\||[\"'`])")
"""Items of a list, cases, decorated functions: what begins alike goes on differently."""


def without_rest_of_line(text: str, around: Surroundings) -> str:
    """Stop where the cursor's line goes on: at its whole rest, or at the longest end that the rest begins with."""
    rest = around.rest_of_line
    if not rest.strip() or around.is_before_a_line:
        return text
    line, line_break, _ = text.partition("\n")
    if line_break and rest.lstrip()[0] in ":;,":
        line = line.rstrip()
        return line.removesuffix(rest) if line.endswith(rest) else text
    if len(rest.strip()) >= _MIN_REPEATED_CHARS and any(map(str.isalnum, rest)) and (index := text.find(rest)) >= 0:
        ends_apart = not _are_glued(rest[-1], text[index + len(rest) :][:1])
        if ends_apart and not _are_glued(_character_before(text, index, around), rest[0]):
            return text[:index]
    while length := _overlap(text, rest, around):
        text = text[:-length]
    return text


def _overlap(text: str, rest: str, around: Surroundings) -> int:
    """Length of the longest end of a text that the rest of the line begins with; 0 if there is none."""
    lengths = range(min(len(text), len(rest), _MAX_OVERLAP_CHARS), 0, -1)
    ends = (length for length in lengths if text.endswith(rest[:length]))
    return next((length for length in ends if _is_piece(text, rest, length, around)), 0)


def _is_piece(text: str, rest: str, length: int, around: Surroundings) -> bool:
    """Whether an overlap is whole words and operators, and more than brackets, which are counted elsewhere."""
    if not rest[:length].strip(" \t()[]{}\"'`"):
        return False
    before = _character_before(text, len(text) - length, around)
    return not _are_glued(before, rest[0]) and not _are_glued(rest[length - 1], rest[length : length + 1])


def _character_before(text: str, index: int, around: Surroundings) -> str:
    return text[index - 1] if index else around.prefix[-1:]


def _are_glued(left: str, right: str) -> bool:
    """Whether two characters that meet are one word or one operator."""
    if not left or not right:
        return False
    return (_is_word(left) and _is_word(right)) or (left in _OPERATOR and right in _OPERATOR)


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def without_following_lines(text: str, around: Surroundings) -> str:
    """Stop before lines that are the next ones of the document, indentation included.

    The first lines are compared, as many as there are on both sides, up to three. One line alone says enough if the
    text ends with it, or if it is a statement; what begins an item may begin the next one as well. Rows of data and
    lines that the document repeats itself say nothing.
    """
    below = around.lines_below(_NUM_COMPARED_LINES)
    if not below or any(is_same(below[0], line) for line in [*below[1:], *around.lines_above(1)]):
        return text
    first, *others = text.split("\n")
    lines = [around.line_before + first, *others]
    for number, line in enumerate(lines):
        if line.strip() and _is_alike(line, below[0]) and _are_the_next(lines[number:], below):
            return around.cut_after([first, *others][:number])
    return text


def _are_the_next(lines: list[str], below: list[str]) -> bool:
    mine = [line for line in lines if line.strip()]
    num_compared = min(len(mine), len(below))
    num_alike = len(list(takewhile(lambda pair: _is_alike(*pair), zip(mine, below, strict=False))))
    if not any(map(says_something, below[:num_alike])):
        return False
    if num_alike == num_compared > 1:
        return True
    if len(mine) == 1:
        return is_same(mine[0], below[0])
    opens_block = indent_of(mine[1]) > indent_of(mine[0]) or _BEGINS_AN_ITEM.match(below[0])
    return is_same(mine[0], below[0]) and not opens_block


def says_something(line: str) -> bool:
    """Whether a line has words: closing brackets, numbers and empty elements are repeated with good reason."""
    return _WORD.search(_EMPTY_ELEMENT.sub("", line)) is not None


def is_same(one: str, other: str) -> bool:
    """Whether two lines are as deep and differ in nothing but blanks."""
    return one.split() == other.split() and indent_of(one) == indent_of(other)


def _is_alike(one: str, other: str) -> bool:
    """Equal but for a typing error; another number is another line."""
    if is_same(one, other):
        return True
    tolerated = int(_TOLERANCE * len(other.strip()))
    return (
        tolerated > 0
        and indent_of(one) == indent_of(other)
        and Levenshtein.distance(one, other, score_cutoff=tolerated) <= tolerated
        and _DIGITS.findall(one) == _DIGITS.findall(other)
    )
