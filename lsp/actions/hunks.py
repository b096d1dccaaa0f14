r"""From old and new lines to the fewest edits between them. Pure.

Lines are compared as `answers.clean` would have them, so that a line the model repeated without its form feed stays as
it is. New lines are broken as their surroundings are: the model only knows "\n".
"""

from collections.abc import Sequence
from difflib import SequenceMatcher

from lsprotocol import types

from assistant.errors import InputError
from lsp.actions.answers import clean
from lsp.documents import Cursor, Document


def hunks(
    document: Document, first: int, last: int, new: Sequence[str], *, only_additions: bool = False
) -> list[types.TextEdit]:
    """Edit the lines `first` to `last` (0-based, inclusive) so that they become `new`.

    Args:
        document: Positions of the edits are in its units.
        first: The first line concerned.
        last: The last one; the line break behind it stays.
        new: At least one line, without line breaks.
        only_additions: Leave out every hunk that would change or take away a line.

    Raises:
        InputError: `line_break_at` refuses.
    """
    region = _Region(document, first, last)
    old = [_compared(line) for line in document.lines[first : last + 1]]
    matcher = SequenceMatcher(None, old, [_compared(line) for line in new], autojunk=False)
    edits: list[types.TextEdit] = []
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "insert":
            edits.append(region.insert(start, new[new_start:new_end]))
        elif tag == "replace" and not only_additions:
            edits.append(region.replace(start, end, new[new_start:new_end]))
        elif tag == "delete" and not only_additions:
            edits.append(region.delete(start, end))
    return edits


def line_break_at(document: Document, first: int, last: int) -> str:
    r"""The line break of these lines and the one above.

    Raises:
        InputError: A lone "\r" stands among others: with an empty line behind it, it would melt into the next "\n".
    """
    lines = document.lines[max(first - 1, 0) : last + 1]
    breaks = sorted({line[len(line.rstrip("\r\n")) :] for line in lines} - {""})
    if "\r" in breaks and len(breaks) > 1:
        raise InputError("these lines end in different ways", hint="let the editor convert the file's line ends")
    return breaks[0] if breaks else "\n"


def _compared(line: str) -> str:
    content = line.rstrip("\r\n")
    return clean(content) if content.strip() else ""


class _Region:
    """Some lines of a document, counted from 0."""

    def __init__(self, document: Document, first: int, last: int) -> None:
        self._document = document
        self._first = first
        self._num_lines = last - first + 1
        self._line_break = line_break_at(document, first, last)

    def insert(self, at: int, lines: Sequence[str]) -> types.TextEdit:
        """Put lines before the line `at`, or after the last one."""
        text = self._line_break.join(lines)
        if at < self._num_lines:
            return self._edit(self._start(at), self._start(at), text + self._line_break)
        return self._edit(self._end(at - 1), self._end(at - 1), self._line_break + text)

    def replace(self, start: int, end: int, lines: Sequence[str]) -> types.TextEdit:
        """Put lines in the place of others; the break of the last stays."""
        return self._edit(self._start(start), self._end(end - 1), self._line_break.join(lines))

    def delete(self, start: int, end: int) -> types.TextEdit:
        """Take lines away, with the break behind them, or that before them where the region ends with them."""
        if end < self._num_lines:
            return self._edit(self._start(start), self._start(end), "")
        return self._edit(self._end(start - 1), self._end(end - 1), "")

    def _start(self, line: int) -> Cursor:
        return Cursor(self._first + line, 0)

    def _end(self, line: int) -> Cursor:
        content = self._document.lines[self._first + line].rstrip("\r\n")
        return Cursor(self._first + line, len(content))

    def _edit(self, start: Cursor, end: Cursor, text: str) -> types.TextEdit:
        return types.TextEdit(types.Range(self._document.position(start), self._document.position(end)), text)
