r"""A stretch of a document that is followed through edits, without the document. Lines are broken by "\n". Pure."""

from dataclasses import dataclass
from typing import NamedTuple

MAX_REGION_CHARS = 20_000
"""What a region grows beyond this is forgotten: somebody pasted a file into it."""


class Place(NamedTuple):
    """Between two characters: 0-based line, and 0-based column, in characters."""

    line: int
    column: int

    def after(self, text: str) -> "Place":
        """The end of `text`, if it begins here."""
        num_breaks = text.count("\n")
        if not num_breaks:
            return Place(self.line, self.column + len(text))
        return Place(self.line + num_breaks, len(text) - text.rindex("\n") - 1)


@dataclass(frozen=True, slots=True)
class Edit:
    r"""The text between two places, of the document as it was, gives way to `text`, with its lines broken by "\n"."""

    start: Place
    end: Place
    text: str

    def moves(self, place: Place) -> Place:
        """Where a place at or behind the end comes to be."""
        new_end = self.start.after(self.text)
        if place.line > self.end.line:
            return Place(place.line + new_end.line - self.end.line, place.column)
        return Place(new_end.line, new_end.column + place.column - self.end.column)


@dataclass(slots=True)
class Region:
    """Text from `start` on, some of its characters marked.

    Attributes:
        marks: One "1" or "0" for each character of `text`.
    """

    start: Place
    text: str = ""
    marks: str = ""

    def __post_init__(self) -> None:
        self.marks = self.marks or "0" * len(self.text)

    @property
    def end(self) -> Place:
        """Behind its last character."""
        return self.start.after(self.text)

    @property
    def num_marked(self) -> int:
        """How many of its characters are marked."""
        return self.marks.count("1")

    def follow(self, edit: Edit) -> slice | None:
        """Do what an edit of the document does to the region; None if it happens outside.

        Returns:
            The characters that are new, as a slice of `text`. New characters are not marked. Those that the edit
            replaces by themselves at its ends are not new. What is typed at the end of the region belongs to it.
        """
        if edit.start > self.end:
            return None
        is_typed_here = not self.text and edit.start == edit.end
        if edit.end < self.start or (edit.end == self.start and not is_typed_here):
            self.start = edit.moves(self.start)
            return None
        if edit.start < self.start:
            return self._lose_head(edit)
        return self._exchange(self._offset(edit.start), self._offset(edit.end), edit.text)

    def marked_text(self) -> str:
        """Its marked characters."""
        return "".join(character for character, mark in zip(self.text, self.marks, strict=True) if mark == "1")

    def mark(self, characters: slice) -> None:
        """Mark some of its characters."""
        start, stop, _ = characters.indices(len(self.text))
        self.marks = self.marks[:start] + "1" * (stop - start) + self.marks[stop:]

    def _lose_head(self, edit: Edit) -> slice:
        lost = self._offset(edit.end)
        self.start = edit.start.after(edit.text)
        self.text, self.marks = self.text[lost:], self.marks[lost:]
        return slice(0, 0)

    def _exchange(self, first: int, last: int, new: str) -> slice:
        same = _num_same(self.text[first:last], new)
        first, new = first + same, new[same:]
        if same := _num_same(self.text[first:last][::-1], new[::-1]):
            last, new = last - same, new[:-same]
        self.text = (self.text[:first] + new + self.text[last:])[:MAX_REGION_CHARS]
        self.marks = (self.marks[:first] + "0" * len(new) + self.marks[last:])[:MAX_REGION_CHARS]
        return slice(first, first + len(new))

    def _offset(self, place: Place) -> int:
        """Index in `text` of a place not before its start; past the end of a line means its end."""
        lines = self.text.split("\n")
        number = place.line - self.start.line
        if number >= len(lines):
            return len(self.text)
        index = place.column if number else place.column - self.start.column
        return sum(len(line) + 1 for line in lines[:number]) + min(index, len(lines[number]))


def _num_same(one: str, other: str) -> int:
    """How many characters two texts share from their starts."""
    pairs = zip(one, other, strict=False)
    return next((number for number, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
