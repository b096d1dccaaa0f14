"""Which rows go: those out of a benchmark, then exact duplicates, then near ones; the first of a kind stays.

A row that was removed is never what a later one repeats.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from training.dedup import NearDuplicates, content_hash
from training.filtering.benchmarks import Suite
from training.filtering.contamination import Detector, Match, Row
from training.filtering.entries import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A row that is left out, and why."""

    id: str
    reason: Literal["contaminated", "exact", "near"]
    repeats: str = ""
    """Id of the kept row that it repeats."""
    similarity: float | None = None
    """Of near duplicates: Jaccard, counted out."""
    matches: tuple[Match, ...] = ()
    """Of contaminated rows: the tasks they give away."""
    spans: tuple[str, ...] = ()
    """The text of each match."""


class Filter:
    """Decides on rows in their order.

    Args:
        suites: What must not be learnt.
        threshold: Jaccard similarity from which on rows are near duplicates, in (0, 1].
    """

    def __init__(self, suites: Sequence[Suite], threshold: float) -> None:
        self._detectors = [Detector(suite) for suite in suites]
        self._near = NearDuplicates(threshold)
        self._exact: dict[str, str] = {}
        self._kept: list[str] = []

    @property
    def num_kept(self) -> int:
        """Rows that stayed so far."""
        return len(self._kept)

    def removed(self, entry: Entry) -> Removed | None:
        """Why the row goes; None: it is kept, and later rows must not repeat it."""
        if self._detectors:
            row = Row(entry.texts)
            if matches := tuple(match for detector in self._detectors for match in detector.find(row)):
                spans = tuple(entry.texts[match.field][match.start : match.end] for match in matches)
                return Removed(id=entry.id, reason="contaminated", matches=matches, spans=spans)
        digest = content_hash(entry.exact)
        if (first := self._exact.get(digest)) is not None:
            return Removed(id=entry.id, reason="exact", repeats=first)
        if match := self._near.match_or_add(entry.near):
            number, similarity = match
            return Removed(id=entry.id, reason="near", repeats=self._kept[number], similarity=round(similarity, 4))
        self._exact[digest] = entry.id
        self._kept.append(entry.id)
        return None
