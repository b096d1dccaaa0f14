"""A small index of the workspace's texts by their words, in bounded memory.

One thread writes and another may search meanwhile: segments are replaced, never changed, but for pieces struck out.
"""

import time
import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lsp.context.bm25 import best_pieces
from lsp.context.excerpt import Excerpt
from lsp.context.segment import Segment, merged, segment_of
from lsp.context.terms import terms_of

_LONGEST_QUERY = 8_000
"""Characters; the last ones count."""
_HITS_FOR_ONE = 16
"""So many pieces are looked at for each that is returned, as only the best of each file is."""
_FANOUT = 8
"""So many segments of about one size become one."""
_LARGEST = 1_000_000
"""Postings; a merge never takes more, so that it never takes much memory or time."""
_FILE_BYTES = 600
"""What a file costs beside its text and postings: its name, its numbers, entries in tables."""


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    number: int
    packed: bytes
    modified: float


class Index:
    """Finds pieces of files that share rare words with a text."""

    def __init__(self, limit_bytes: int = 64_000_000) -> None:
        self.limit_bytes = limit_bytes
        self._segments: tuple[Segment, ...] = ()
        self._files: dict[str, _File] = {}
        self._by_number: dict[int, _File] = {}
        self._packed_bytes = 0
        self._next_number = 0

    def __len__(self) -> int:
        """How many files are in it."""
        return len(self._files)

    def __contains__(self, path: str) -> bool:
        """Whether a file is in it."""
        return path in self._files

    @property
    def n_bytes(self) -> int:
        """Memory it takes."""
        arrays = sum(segment.n_bytes for segment in self._segments)
        return arrays + self._packed_bytes + _FILE_BYTES * len(self._files)

    def update(self, path: str, text: str, modified: float | None = None) -> bool:
        r"""Take a file in, in place of what was known of it. False: there was no room, as the others are newer.

        Args:
            path: Its name, as `search` gives it back.
            text: Lines that end in \n, \r\n or \r.
            modified: When it was last changed, in seconds since 1970; None is now. The oldest files leave first.
        """
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        packed = zlib.compress("\n".join(lines).encode("utf-8", "surrogatepass"), 1)
        file = _File(path, self._next_number, packed, time.time() if modified is None else modified)
        self._next_number += 1
        segment = segment_of(file.number, lines)
        self._strike([path])
        self._files[path] = self._by_number[file.number] = file
        self._packed_bytes += len(packed)
        self._segments = _tidied((*self._segments, segment))
        while self.n_bytes > self.limit_bytes:
            self._make_room()
        return path in self._files

    def remove(self, path: str) -> None:
        """Forget a file; one that is not known is fine."""
        self._strike([path])
        self._segments = _tidied(self._segments)

    def search(self, query_text: str, *, exclude: str = "", limit: int = 4, min_score: float = 0.0) -> list[Excerpt]:
        """Find the pieces most like a text, best first, at most one of each file.

        Args:
            query_text: The lines near the cursor; their identifiers are looked for, the 24 rarest.
            exclude: A file to leave out: the one that is edited.
            limit: The most pieces.
            min_score: BM25, no unit; what has less is left out.
        """
        terms = np.fromiter(terms_of(query_text[-_LONGEST_QUERY:]), np.uint32)
        excluded = self._files.get(exclude)
        without_file = excluded.number if excluded is not None else -1
        hits = best_pieces(self._segments, terms, without_file=without_file, limit=limit * _HITS_FOR_ONE)
        excerpts: dict[int, Excerpt] = {}
        for hit in hits:
            file = self._by_number.get(hit.file)  # None: it has just been changed
            if len(excerpts) == limit or hit.score < min_score:
                break
            if file is not None and hit.file not in excerpts:
                reason = f"similar: bm25 {hit.score:.1f}"
                text = _lines(file, hit.first_line, hit.end_line)
                excerpts[hit.file] = Excerpt(path=file.path, text=text, reason=reason, first_line=hit.first_line)
        return list(excerpts.values())

    def _strike(self, paths: Sequence[str]) -> None:
        gone = [file for path in paths if (file := self._files.pop(path, None)) is not None]
        for file in gone:
            del self._by_number[file.number]
            self._packed_bytes -= len(file.packed)
        numbers = [file.number for file in gone]
        for segment in self._segments if numbers else ():
            segment.alive[np.isin(segment.files, numbers)] = False

    def _make_room(self) -> None:
        """Let the oldest tenth of the files go, and what is struck out with it."""
        oldest = sorted(self._files.values(), key=lambda file: file.modified)
        self._strike([file.path for file in oldest[: len(oldest) // 10 + 1]])
        self._segments = tuple(s if s.alive.all() else merged([s]) for s in self._segments if s.alive.any())


def _lines(file: _File, first: int, end: int) -> str:
    """Return lines of a file, without blank ones at the end."""
    text = zlib.decompress(file.packed).decode("utf-8", "surrogatepass")
    return "\n".join(text.split("\n")[first:end]).rstrip()


def _tidied(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """Drop what is mostly struck out, and merge many small segments into fewer large ones."""
    living = [s if s.alive.mean() > 0.5 else merged([s]) for s in segments if s.alive.any()]
    tiers: defaultdict[int, list[Segment]] = defaultdict(list)
    for segment in living:
        tiers[segment.pieces.size.bit_length() // 3].append(segment)  # sizes of one tier differ less than eightfold
    for tier in tiers.values():
        if len(tier) >= _FANOUT and sum(segment.pieces.size for segment in tier) <= _LARGEST:
            tier[:] = [merged(tier)]
    return tuple(segment for tier in tiers.values() for segment in tier)
