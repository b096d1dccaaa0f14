"""A part of the index that is never changed, but for what is struck from it: postings in sorted arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lsp.context.terms import pieces, terms_of

U8: TypeAlias = NDArray[np.uint8]
U16: TypeAlias = NDArray[np.uint16]
U32: TypeAlias = NDArray[np.uint32]
I64: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Pieces of files, and where terms occur in them. T terms, P postings, C pieces.

    `pieces[starts[t]:starts[t + 1]]` are the pieces that hold `terms[t]`, each once, `counts` how often.
    """

    terms: U32
    """(T,) hashes, ascending."""
    starts: U32
    """(T + 1,)."""
    pieces: U32
    """(P,)."""
    counts: U8
    """(P,) at most 255."""
    lengths: U16
    """(C,) terms in a piece, at most 65,535."""
    files: U32
    """(C,) numbers of files."""
    spans: U32
    """(C, 2) first line, line behind the last."""
    alive: NDArray[np.bool_]
    """(C,) False: struck out. The one array that changes."""

    @property
    def n_bytes(self) -> int:
        """Memory of the arrays."""
        arrays = (self.terms, self.starts, self.pieces, self.counts, self.lengths, self.files, self.spans, self.alive)
        return sum(array.nbytes for array in arrays)

    @property
    def n_living(self) -> int:
        """Pieces that are not struck out."""
        return int(np.count_nonzero(self.alive))

    @property
    def n_living_terms(self) -> int:
        """Their lengths, added up."""
        return int(np.dot(self.alive, self.lengths.astype(np.int64)))

    def sizes(self, terms: U32) -> tuple[I64, I64]:
        """Find terms: where the postings of each begin, and how many it has, those struck out among them."""
        if not self.terms.size:
            return np.zeros(terms.size, np.int64), np.zeros(terms.size, np.int64)
        at = np.searchsorted(self.terms, terms).clip(max=self.terms.size - 1)
        first = self.starts[at].astype(np.int64)
        return first, np.where(self.terms[at] == terms, self.starts[at + 1] - first, 0)

    def postings(self, terms: U32) -> tuple[I64, I64]:
        """Find terms: the place of each of their living postings, and of which term it is, as a place in `terms`."""
        first, sizes = self.sizes(terms)
        of_term = np.repeat(np.arange(terms.size), sizes)
        places = np.arange(of_term.size) + (first - (sizes.cumsum() - sizes))[of_term]
        is_alive = self.alive[self.pieces[places]]
        return places[is_alive], of_term[is_alive]


def segment_of(number: int, lines: list[str]) -> Segment:
    """Make a segment of one file."""
    spans = list(pieces(lines))
    counted = [terms_of("\n".join(lines[first:end])) for first, end in spans]
    terms = np.fromiter((term for counts in counted for term in counts), np.uint32)
    tallies = np.fromiter((min(n, 255) for counts in counted for n in counts.values()), np.uint8)
    return _sorted(
        terms,
        np.repeat(np.arange(len(spans), dtype=np.uint32), [len(counts) for counts in counted]),
        tallies,
        lengths=np.array([min(counts.total(), 65_535) for counts in counted], np.uint16),
        files=np.full(len(spans), number, np.uint32),
        spans=np.array(spans, np.uint32).reshape(-1, 2),
    )


def merged(segments: Sequence[Segment]) -> Segment:
    """Make one of several, without what is struck out."""
    living = [segment.alive for segment in segments]
    moved = _new_numbers(living)
    kept = [alive[segment.pieces] for segment, alive in zip(segments, living, strict=True)]
    return _sorted(
        np.concatenate([np.repeat(s.terms, np.diff(s.starts))[keep] for s, keep in zip(segments, kept, strict=True)]),
        np.concatenate([new[s.pieces[keep]] for s, new, keep in zip(segments, moved, kept, strict=True)]),
        np.concatenate([s.counts[keep] for s, keep in zip(segments, kept, strict=True)]),
        lengths=np.concatenate([s.lengths[alive] for s, alive in zip(segments, living, strict=True)]),
        files=np.concatenate([s.files[alive] for s, alive in zip(segments, living, strict=True)]),
        spans=np.concatenate([s.spans[alive] for s, alive in zip(segments, living, strict=True)]),
    )


def _new_numbers(living: Sequence[NDArray[np.bool_]]) -> list[U32]:
    """Number the living pieces of all segments through."""
    numbers = (np.concatenate(living).cumsum() - 1).astype(np.uint32)
    return np.split(numbers, np.cumsum([alive.size for alive in living])[:-1])


def _sorted(terms: U32, of_pieces: U32, counts: U8, *, lengths: U16, files: U32, spans: U32) -> Segment:
    order = np.argsort(terms, kind="stable")  # numpy lets other threads run meanwhile
    distinct, starts = np.unique(terms[order], return_index=True)
    return Segment(
        terms=distinct,
        starts=np.append(starts, terms.size).astype(np.uint32),
        pieces=of_pieces[order],
        counts=counts[order],
        lengths=lengths,
        files=files,
        spans=spans,
        alive=np.ones(files.size, np.bool_),
    )
