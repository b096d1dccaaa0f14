"""What stands around the cursor, and the few views of it that rules share. Windows are large: nothing splits them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

_CLOSERS = re.compile(r"[\s)\]}>\"'`]*+[;:,]?\s*+")
_VISIBLE = re.compile(r"\S")
_TAB_COLUMNS = 4
"""Only compared with itself: which of two lines stands further right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    r"""The text around the cursor, lines broken by "\n"; windows of a file."""

    prefix: str
    suffix: str
    language: str = ""
    """The languageId of the protocol: "python", "javascript", …; "" is code of some language."""

    @property
    def line_before(self) -> str:
        """The cursor's line up to the cursor."""
        return self.prefix.rpartition("\n")[2]

    @property
    def rest_of_line(self) -> str:
        """The cursor's line from the cursor on, without blanks at its end."""
        return self.suffix.partition("\n")[0].rstrip()

    @property
    def is_before_a_line(self) -> bool:
        """Whether the cursor stands in the indentation of a line that has text: what is inserted are whole lines."""
        return not self.line_before.strip(" \t") and _CLOSERS.fullmatch(self.rest_of_line) is None

    @property
    def is_mid_line(self) -> bool:
        """Whether code follows on a line that is begun; closing brackets and quotes are no code."""
        return bool(self.line_before.strip(" \t")) and _CLOSERS.fullmatch(self.rest_of_line) is None

    def cut_after(self, lines: list[str]) -> str:
        """Whole lines of a text, which go on as the line that the cursor stands before, if it does."""
        return "\n".join([*lines, self.line_before] if self.is_before_a_line and lines else lines)

    def lines_above(self, count: int) -> list[str]:
        """The last lines above the cursor's that are not blank, in the order of the file."""
        return list(islice(_upwards(self.prefix), count))[::-1]

    def lines_below(self, count: int) -> list[str]:
        """The next lines below the cursor's that are not blank; the cursor's own if it stands before its text."""
        own = [self.line_before + self.rest_of_line] if self.is_before_a_line else []
        return [*own, *islice(_downwards(self.suffix), count)][:count]


def indent_of(line: str) -> int:
    """The column where a line's text begins."""
    blanks = line[: len(line) - len(line.lstrip())]
    return len(blanks.expandtabs(_TAB_COLUMNS))


def _upwards(text: str) -> Iterator[str]:
    """Lines above the last one that are not blank, nearest first. Only they are touched, however many are blank."""
    above = text[: max(text.rfind("\n"), 0)].rstrip()
    while above:
        start = above.rfind("\n") + 1
        yield above[start:]
        above = above[:start].rstrip()


def _downwards(text: str) -> Iterator[str]:
    """Lines below the first one that are not blank, nearest first."""
    end = text.find("\n")
    while end >= 0 and (visible := _VISIBLE.search(text, end)):
        start = text.rfind("\n", 0, visible.start()) + 1
        end = text.find("\n", start)
        yield text[start:end] if end >= 0 else text[start:]
