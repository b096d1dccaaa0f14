"""Where the user has been: ranges of documents around recent edits, and the beginnings of documents just opened."""

from collections.abc import Sequence
from dataclasses import dataclass

from lsp.context.excerpt import Excerpt
from lsp.context.similar import SAME, dice
from lsp.context.view import Files, View, path_of
from lsp.documents import Document

MAX_RANGES = 16
REACH_LINES = 10
"""So many lines above and below an edit belong to it; an edit as close to the last one is at the same place."""
FAR_LINES = 256
"""Closer to the cursor, a range of the same document is part of the windows anyway."""
MAX_CHARS = 2_000
"""A longer range has lines that nobody wrote by hand."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the user edits now. Its text is taken when it is asked for, or left."""

    document: Document
    line: int


@dataclass(frozen=True, slots=True)
class _Range:
    """A piece of a document as it was when the user left it."""

    uri: str
    excerpt: Excerpt


class Recent:
    """A ring of ranges, the newest first. The notes come from the server's loop, `find` runs in a thread."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._place: _Place | None = None
        self._ranges: tuple[_Range, ...] = ()

    def note_edit(self, document: Document, line: int) -> None:
        """The user edits here. Costs next to nothing while it is the same place."""
        place = self._place
        if place is not None and (place.document is not document or abs(place.line - line) > REACH_LINES):
            self._leave(place)
        self._place = _Place(document, line)

    def note_open(self, document: Document) -> None:
        """The user looks at the beginning of a document."""
        self._ranges = _with(self._ranges, self._range(_Place(document, REACH_LINES), "opened recently"))

    def find(self, view: View) -> Sequence[Excerpt]:
        """Ranges of other documents, and far ones of this, the newest first."""
        place = self._place
        ranges = self._ranges if place is None else _with(self._ranges, self._range(place, "edited recently"))
        return [each.excerpt for each in ranges if each.uri != view.uri or _is_far(each.excerpt, view)]

    def _leave(self, place: _Place) -> None:
        self._ranges = _with(self._ranges, self._range(place, "edited recently"))

    def _range(self, place: _Place, reason: str) -> _Range | None:
        """Its text now; None if it may not be shown, or shows nothing."""
        first = max(0, place.line - REACH_LINES)
        text = self._files.range_of(place.document, first, place.line + REACH_LINES + 1)
        if not text.strip() or len(text) > MAX_CHARS:
            return None
        path = path_of(place.document.uri)
        excerpt = Excerpt(path=self._files.name(path), text=text, reason=reason, first_line=first)
        return _Range(place.document.uri, excerpt)


def _with(ranges: tuple[_Range, ...], newest: _Range | None) -> tuple[_Range, ...]:
    """The newest comes first, and takes the place of what overlaps it or is like it."""
    if newest is None:
        return ranges
    others = [each for each in ranges if not _is_outdated(each, newest)]
    return (newest, *others)[:MAX_RANGES]


def _is_outdated(old: _Range, new: _Range) -> bool:
    distance = abs(old.excerpt.first_line - new.excerpt.first_line)
    overlaps = old.uri == new.uri and distance <= 2 * REACH_LINES
    return overlaps or dice(old.excerpt.text, new.excerpt.text) > SAME


def _is_far(excerpt: Excerpt, view: View) -> bool:
    return abs(excerpt.first_line - view.cursor.line) > FAR_LINES
