"""Which brackets are code, and where strings and comments are."""

from dataclasses import dataclass
from functools import lru_cache

from lsp.rules.around import Surroundings
from lsp.rules.languages import language_of

CLOSER_OF = {"(": ")", "[": "]", "{": "}"}
OPENER_OF = {closer: opener for opener, closer in CLOSER_OF.items()}
_MAX_SCANNED_CHARS = 8_000
_DELIMITERS = ('"""', "'''", "/*", "//", "--", "<!--")
"""Those of more than one character."""


@dataclass(frozen=True, slots=True)
class Code:
    """A text seen as code."""

    brackets: tuple[tuple[int, str], ...]
    """Index and character of each bracket outside strings and comments."""
    hidden: tuple[tuple[int, int], ...]
    """Start and end of each string and comment."""
    inside: str
    """What opened the string or comment in which the text ends; "" if it ends in code."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What is open at the cursor."""

    brackets: str
    """Opening brackets that nothing closed yet, innermost last."""
    inside: str
    """As in `Code`."""
    is_certain: bool
    """False: the text was too long to be read from its beginning, more may be open."""


def read_code(text: str, language: str, inside: str = "") -> Code:
    """Find brackets, strings and comments in a text that begins `inside` a string or comment, or in code."""
    skipped = len(inside)
    brackets: list[tuple[int, str]] = []
    hidden: list[tuple[int, int]] = []
    open_at_end = ""
    whole = inside + text + "\0"  # what reaches over the added character is not closed
    for match in language_of(language).tokens.finditer(whole):
        if match["hidden"] is not None:
            hidden.append((match.start() - skipped, match.end() - skipped))
            if match.end() == len(whole):
                open_at_end = next(filter(match[0].startswith, _DELIMITERS), match[0][0])
        elif match.end() - match.start() == 1:
            brackets.append((match.start() - skipped, match.group()))
    return Code(tuple(brackets), tuple(hidden), open_at_end)


def opened(around: Surroundings) -> Opened:
    """See what is open at the cursor, from the last thousands of characters before it."""
    return _opened(around.prefix, around.language)


@lru_cache(maxsize=4)
def _opened(prefix: str, language: str) -> Opened:
    is_certain = len(prefix) <= _MAX_SCANNED_CHARS
    start = 0 if is_certain else prefix.find("\n", len(prefix) - _MAX_SCANNED_CHARS) + 1
    code = read_code(prefix[start:], language)
    stack = ""
    for _, bracket in code.brackets:
        stack = stack + bracket if bracket in CLOSER_OF else closed(stack, bracket)
    return Opened(stack, code.inside, is_certain)


def closed(stack: str, closer: str) -> str:
    """Close the innermost bracket that fits, and with it what was left open in it."""
    outer, opener, _ = stack.rpartition(OPENER_OF[closer])
    return outer if opener else stack


def lines_in_strings(text: str, around: Surroundings) -> frozenset[int]:
    """Numbers of the lines that begin inside a string or comment: their indentation is content."""
    code = read_code(text, around.language, opened(around).inside)
    return frozenset(
        number
        for start, end in code.hidden
        if "\n" in text[max(start, 0) : end]
        for number in range(text.count("\n", 0, max(start, 0)) + 1, text.count("\n", 0, end) + 1)
    )
