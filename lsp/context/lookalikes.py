"""Pieces of the workspace that are about the same things as the text around the cursor."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from lsp.context.excerpt import Excerpt
from lsp.context.view import View

NEAR_LINES = 12
MAX_FOUND = 4
MIN_SCORE = 10.0
"""BM25. In this tree what is about the same things has 30 and more, chance finds 20; small workspaces have less."""


class Search(Protocol):
    """An index of the workspace."""

    def search(self, query_text: str, *, exclude: Path, limit: int, min_score: float) -> list[Excerpt]:
        """Pieces of files other than `exclude`, the best first."""
        ...


class Lookalikes:
    """Asks the index about the lines around the cursor."""

    def __init__(self, index: Search) -> None:
        self._index = index

    def find(self, view: View) -> Sequence[Excerpt]:
        """The best of what the index has."""
        if view.path is None:
            return []
        return self._index.search(view.near(NEAR_LINES), exclude=view.path, limit=MAX_FOUND, min_score=MIN_SCORE)
