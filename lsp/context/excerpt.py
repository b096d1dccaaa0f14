"""A piece of a file that the model is shown, and why."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A piece of a file that the model is shown before the document."""

    path: str
    """Relative to the workspace root, as the model reads it."""
    text: str
    reason: str
    """For people: "edited recently", "imported as foo", "similar: bm25 7.3"."""
    first_line: int
    """0-based line of the file where it starts."""
