r"""The parts of a document that the model is asked with, cut so that typing leaves their far edges alone.

The engine keeps what it has computed for a prompt as long as the prompt begins alike, and the daemon answers text that
is typed through from memory as long as the prefix grows and the suffix is the same. Both are lost when an edge moves.
So the start of the prefix stays on its line until the window has become too long, and then moves by a quarter of it;
and a suffix is kept, as it was cut, while the text right behind the cursor is the same.

Sources of the ideas: llama.vim loses its cache with each Enter, because its window slides by lines; Copilot keeps a
suffix that has changed little.
"""

import re
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from lsp.documents import Cursor, Document

PREFIX_CHARS = 16_000
"""More than a context holds; the engine trims to tokens."""
SUFFIX_CHARS = 4_000
STEP_CHARS = PREFIX_CHARS // 4
"""A start that has to move leaves this much room to type in."""
LEAST_PREFIX_CHARS = PREFIX_CHARS // 4
"""A start that is nearer to the cursor than this, with more text above it, moves up: the cursor has moved up."""
LANDMARK_CHARS = 100
NEAR_CHARS = 1_000
"""The suffix is cut anew when so much of the text behind the cursor is not what it was."""

TOP = Cursor(0, 0)

_LINE_BREAK = re.compile(r"\r\n?")


@dataclass(slots=True)
class _Window:
    """Where the prefix of a document starts, and its suffix as it was cut last."""

    start: Cursor
    landmark: str
    """Text at the start: finds it again when lines above it come or go."""
    num_lines: int
    """Of the document at that time."""
    suffix: str = ""


class Windows:
    """Cuts prefixes and suffixes, and remembers for each document where it cut."""

    def __init__(self) -> None:
        self._windows: WeakKeyDictionary[Document, _Window] = WeakKeyDictionary()

    def cut(self, document: Document, start: Cursor, end: Cursor) -> tuple[str, str]:
        r"""The text before `start` and after `end`, lines broken by "\n" whatever the document uses.

        Args:
            document: Where.
            start: End of the prefix.
            end: Begin of the suffix; the same place, or further on where a selected word will be replaced.
        """
        window = self._windows.get(document)
        if window is None or not _holds(window, document, start):
            window = _placed(document, start)
            self._windows[document] = window
        suffix = document.after(end, SUFFIX_CHARS)
        if suffix[:NEAR_CHARS] != window.suffix[:NEAR_CHARS]:
            window.suffix = suffix
        return plain(_between(document, window.start, start)), plain(window.suffix)


def plain(text: str) -> str:
    r"""Break lines by "\n" only, and mend or replace halves of characters, which no tokenizer takes."""
    if not text.isascii():
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _LINE_BREAK.sub("\n", text) if "\r" in text else text


def _holds(window: _Window, document: Document, cursor: Cursor) -> bool:
    """Whether the prefix can start where it did; if lines above have come or gone, its start has moved with them."""
    if window.start != TOP and not _found_again(window, document):
        return False
    if window.start > cursor:
        return False
    num_chars = _num_chars(document, window.start, cursor)
    return num_chars <= PREFIX_CHARS and (window.start == TOP or num_chars >= LEAST_PREFIX_CHARS)


def _found_again(window: _Window, document: Document) -> bool:
    num_new = len(document.lines) - window.num_lines
    window.num_lines = len(document.lines)
    for line in (window.start.line, window.start.line + num_new):
        if 0 <= line < len(document.lines) and document.lines[line].startswith(window.landmark, window.start.index):
            window.start = Cursor(line, window.start.index)
            return True
    return False


def _placed(document: Document, cursor: Cursor) -> _Window:
    """A window with room to type in: at a line's start, unless the cursor's own line is too long."""
    room = PREFIX_CHARS - STEP_CHARS
    line, rest = cursor.line, room - cursor.index
    while line > 0 and rest >= len(document.lines[line - 1]):
        line -= 1
        rest -= len(document.lines[line])
    index = -(-(cursor.index - room) // STEP_CHARS) * STEP_CHARS if cursor.index > room else 0
    landmark = document.lines[line][index : index + LANDMARK_CHARS]
    return _Window(Cursor(line, index), landmark, len(document.lines))


def _num_chars(document: Document, start: Cursor, end: Cursor) -> int:
    return sum(map(len, document.lines[start.line : end.line])) - start.index + end.index


def _between(document: Document, start: Cursor, end: Cursor) -> str:
    if start.line == end.line:
        return document.lines[end.line][start.index : end.index]
    lines = document.lines[start.line : end.line]
    return "".join(lines)[start.index :] + document.lines[end.line][: end.index]
