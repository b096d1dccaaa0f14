r"""The text the editor sees: documents, positions, edits. Pure: knows neither the server nor the model.

The store is our own because LSP breaks lines at "\r\n", "\n" and "\r" only, where `str.splitlines`, and so pygls, also
breaks at form feeds, U+0085 or U+2028: every edit below such a character then lands in the wrong line.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from lsprotocol import types
from lsprotocol.types import PositionEncodingKind

MAX_DOCUMENT_CHARS = 5_000_000
"""Longer documents are kept in step, but nothing is completed in them."""

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_CODECS = {
    PositionEncodingKind.Utf8: ("utf-8", 1),
    PositionEncodingKind.Utf16: ("utf-16-le", 2),
    PositionEncodingKind.Utf32: ("utf-32-le", 4),
}
"""Codec and bytes of one code unit."""


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place between two characters: 0-based line, and 0-based index of the character after it."""

    line: int
    index: int
    is_exact: bool = field(default=True, compare=False)
    """False if the position pointed into a character; the cursor then stands before that character."""


@dataclass(frozen=True, slots=True)
class AppliedEdit:
    """One edit as it was located: from `start` to `end` of the text as it was, `text` now stands."""

    start: Cursor
    end: Cursor
    text: str


class Document:
    """One open document: exactly the editor's text, or known not to be.

    Attributes:
        lines: Each with its line break; the last has none and may be empty.
        is_dirty: A change could not be applied with certainty. A fresh whole text heals it.
    """

    def __init__(self, item: types.TextDocumentItem, encoding: PositionEncodingKind) -> None:
        self.uri = item.uri
        self.language = item.language_id
        self.version = item.version
        self._encoding = encoding
        self.replace(item.text)

    @property
    def is_usable(self) -> bool:
        """Whether completions may be made from this text."""
        return not self.is_dirty and self.num_chars <= MAX_DOCUMENT_CHARS

    def replace(self, text: str) -> None:
        """Take a whole new text."""
        self.lines = split_lines(text)
        self.num_chars = len(text)
        self.is_dirty = False

    def change(self, version: int, changes: Sequence[types.TextDocumentContentChangeEvent]) -> list[AppliedEdit | None]:
        """Apply the changes one after the other; a doubtful one makes the document dirty instead.

        Returns:
            The edits, in order; None for a whole new text, and for what could not be applied.
        """
        if version <= self.version:
            self.is_dirty = True
            return [None]
        self.version = version
        return [self._apply(change) for change in changes]

    def locate(self, position: types.Position) -> Cursor:
        """Find a position; past the end of a line means its end, past the last line the end of the text."""
        if position.line >= len(self.lines):
            return Cursor(len(self.lines) - 1, len(self.lines[-1]))
        content = self.lines[position.line].rstrip("\r\n")
        index, is_exact = _index_of(content, position.character, self._encoding)
        return Cursor(position.line, index, is_exact)

    def position(self, cursor: Cursor) -> types.Position:
        """Say where a cursor is, in the units agreed with the editor."""
        before = self.lines[cursor.line][: cursor.index]
        codec, bytes_per_unit = _CODECS[self._encoding]
        units = len(before.encode(codec, "surrogatepass")) // bytes_per_unit
        return types.Position(cursor.line, units)

    def before(self, cursor: Cursor, max_chars: int) -> str:
        """Text up to the cursor: at most `max_chars`, cut at a line start unless the cursor's own line is too long."""
        pieces = [self.lines[cursor.line][max(0, cursor.index - max_chars) : cursor.index]]
        room = max_chars - len(pieces[0])
        for number in range(cursor.line - 1, -1, -1):
            room -= len(self.lines[number])
            if room < 0:
                break
            pieces.append(self.lines[number])
        return "".join(reversed(pieces))

    def after(self, cursor: Cursor, max_chars: int) -> str:
        """Text from the cursor on: at most `max_chars`, cut at a line end unless the cursor's own line is too long."""
        pieces = [self.lines[cursor.line][cursor.index : cursor.index + max_chars]]
        room = max_chars - len(pieces[0])
        for number in range(cursor.line + 1, len(self.lines)):
            room -= len(self.lines[number])
            if room < 0:
                break
            pieces.append(self.lines[number])
        return "".join(pieces)

    def _apply(self, change: types.TextDocumentContentChangeEvent) -> AppliedEdit | None:
        if isinstance(change, types.TextDocumentContentChangeWholeDocument):
            self.replace(change.text)
            return None
        edit = AppliedEdit(self.locate(change.range.start), self.locate(change.range.end), change.text)
        self._edit(edit.start, edit.end, edit.text)
        return None if self.is_dirty else edit

    def _edit(self, start: Cursor, end: Cursor, text: str) -> None:
        self.is_dirty = self.is_dirty or start > end or not (start.is_exact and end.is_exact)
        if self.is_dirty:
            return
        first, last = start.line, end.line
        tail = self.lines[last][end.index :]
        pieces = split_lines(text)
        if tail == "\n" and text.endswith("\r"):  # they meet and become one line break
            pieces.pop()
        pieces[0] = self.lines[first][: start.index] + pieces[0]
        pieces[-1] += tail
        if first > 0 and pieces[0] == "\n" and self.lines[first - 1].endswith("\r"):  # so do these
            first -= 1
            pieces[0] = self.lines[first] + "\n"
        self.num_chars += sum(map(len, pieces)) - sum(map(len, self.lines[first : last + 1]))
        self.lines[first : last + 1] = pieces


def split_lines(text: str) -> list[str]:
    r"""Split at "\r\n", "\n" and "\r" only, breaks kept; the last line has none and may be empty."""
    lines = list(io.StringIO(text, newline=""))
    if not lines or lines[-1].endswith(("\n", "\r")):
        lines.append("")
    return lines


def _index_of(content: str, units: int, encoding: PositionEncodingKind) -> tuple[int, bool]:
    """Turn an offset in code units into an index in characters, and say whether it fell between two characters."""
    if content.isascii() or encoding == PositionEncodingKind.Utf32:
        return min(units, len(content)), True
    head = content[:units]  # enough: no character is shorter than a unit
    return _index_in_utf8(head, units) if encoding == PositionEncodingKind.Utf8 else _index_in_utf16(head, units)


def _index_in_utf8(head: str, units: int) -> tuple[int, bool]:
    encoded = head.encode("utf-8", "surrogatepass")
    start = min(units, len(encoded))
    while start < len(encoded) and encoded[start] & 0xC0 == 0x80:  # within a character
        start -= 1
    return len(encoded[:start].decode("utf-8", "surrogatepass")), start in (units, len(encoded))


def _index_in_utf16(head: str, units: int) -> tuple[int, bool]:
    num_pairs = 0
    for match in _ASTRAL.finditer(head):
        units_before = match.start() + num_pairs
        if units_before + 1 == units:
            return match.start(), False
        if units_before >= units:
            break
        num_pairs += 1
    return min(units - num_pairs, len(head)), True
