"""How well pieces of text answer a query: BM25. Pure.

Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009); the idf has 1 added, as
Lucene has it, so that it is never negative. Numpy alone does it: the library bm25s cannot change a document of an
index, and rank_bm25 keeps Python objects for every word.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lsp.context.segment import U32, Segment

K1, B = 1.2, 0.75
MOST_TERMS = 24
"""Of a query's terms, the rarest so many are looked for: the others cost most and say least."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A piece, and how well it answers."""

    score: float
    file: int
    first_line: int
    end_line: int


def best_pieces(segments: Sequence[Segment], terms: U32, *, without_file: int, limit: int) -> list[Hit]:
    """Return the best pieces that hold a term of a query, best first.

    Args:
        segments: The index.
        terms: (Q,) distinct hashes.
        without_file: Number of a file to leave out; -1 for none.
        limit: The most pieces.
    """
    n_pieces = sum(segment.n_living for segment in segments)
    n_terms = sum(segment.n_living_terms for segment in segments)
    if not n_pieces or not n_terms:
        return []
    terms = _rarest(segments, terms)
    postings = [segment.postings(terms) for segment in segments]
    df_Q = np.sum([np.bincount(of_term, minlength=terms.size) for _, of_term in postings], axis=0)
    idf_Q = np.log1p((n_pieces - df_Q + 0.5) / (df_Q + 0.5))
    scores: list[NDArray[np.float64]] = []
    for segment, (places, of_term) in zip(segments, postings, strict=True):
        pieces, tf = segment.pieces[places], segment.counts[places]
        norm = K1 * (1 - B + B * segment.lengths[pieces] / (n_terms / n_pieces))
        weights = idf_Q[of_term] * tf * (K1 + 1) / (tf + norm)
        score_C = np.bincount(pieces, weights, minlength=segment.files.size).astype(np.float64)
        score_C[segment.files == without_file] = 0
        scores.append(score_C)
    return _best(segments, np.concatenate(scores), limit)


def _rarest(segments: Sequence[Segment], terms: U32) -> U32:
    sizes_Q = np.sum([segment.sizes(terms)[1] for segment in segments], axis=0)
    return terms[sizes_Q > 0][np.argsort(sizes_Q[sizes_Q > 0], kind="stable")[:MOST_TERMS]]


def _best(segments: Sequence[Segment], scores: NDArray[np.float64], limit: int) -> list[Hit]:
    """Take the best of the scores of all segments' pieces, in their order."""
    found = np.flatnonzero(scores > 0)
    if found.size > limit:
        found = found[np.argpartition(scores[found], -limit)[-limit:]]
    ends = np.cumsum([segment.files.size for segment in segments])
    hits: list[Hit] = []
    for n in map(int, found[np.argsort(-scores[found], kind="stable")]):
        at = int(np.searchsorted(ends, n, side="right"))
        piece = n - int(ends[at])  # counted from the end
        first_line, end_line = map(int, segments[at].spans[piece])
        hits.append(Hit(float(scores[n]), int(segments[at].files[piece]), first_line, end_line))
    return hits
