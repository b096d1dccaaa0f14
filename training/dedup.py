"""Exact and near duplicates among documents: the room's one rule. Knows nothing of files, licences or tokens.

Near: at least 0.7 of the word 5-grams of both are in common (Jaccard), as BigCode does it. MinHash with LSH finds the
pairs to look at; each is then counted out, so that the sketch decides nothing alone. Operators are no words: a text
that differs only in them is a near duplicate.
"""

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from datasketch import MinHash
from numpy.typing import NDArray

from training.bands import BandIndex

NUM_PERM = 128
SHINGLE_WORDS = 5
JACCARD = 0.7
MAX_MISS = 0.02
"""The share of pairs right at the threshold that LSH may fail to bring together; more similar ones are missed less."""

WORD = re.compile(r"[^\W_]+")


def content_hash(text: str) -> str:
    """Sha256 of the UTF-8 bytes, hexadecimal. A lone surrogate, which UTF-8 does not have, counts as itself."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def words(text: str) -> list[str]:
    """Letters and digits of any script, without case; an underscore parts words."""
    return [word.casefold() for word in WORD.findall(text)]


def keep_first(texts: Sequence[str]) -> list[int]:
    """Indices of the documents that repeat no earlier one, exactly or nearly."""
    near = NearDuplicates()
    seen: set[str] = set()
    kept: list[int] = []
    for number, text in enumerate(texts):
        digest = content_hash(text)
        if digest in seen or near.match_or_add(text) is not None:
            continue
        seen.add(digest)
        kept.append(number)
    return kept


def shingles(text: str) -> NDArray[np.uint64]:
    """(S,) uint64, ascending: a hash for each distinct word 5-gram; none where there are fewer than five words.

    Two 5-grams share a hash with probability 2^-64: their count is the count of the 5-grams.
    """
    found = words(text)
    runs = set(zip(*(found[start:] for start in range(SHINGLE_WORDS)), strict=False))
    digests = b"".join(hashlib.blake2b(" ".join(run).encode(), digest_size=8).digest() for run in runs)
    return np.unique(np.frombuffer(digests, dtype="<u8"))


def jaccard(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> float:
    """Share of the common among all, in [0, 1]; both ascending and distinct, as `shingles` gives them."""
    at = np.searchsorted(right, left)
    common = int(np.count_nonzero(right[np.minimum(at, right.size - 1)] == left)) if right.size else 0
    return common / max(1, left.size + right.size - common)


class NearDuplicates:
    """The documents that were added, and which of them a new one repeats.

    Args:
        threshold: Jaccard similarity of word 5-grams from which on two documents are near duplicates, in (0, 1].
    """

    def __init__(self, threshold: float = JACCARD) -> None:
        self.threshold = threshold
        self._blank = MinHash(num_perm=NUM_PERM, hashfunc=int)
        self._index = BandIndex(*bands(threshold))
        self._added: list[NDArray[np.uint64]] = []

    def match_or_add(self, text: str) -> tuple[int, float] | None:
        """The earliest added document that `text` nearly repeats, with the similarity; None: it is new, and added.

        Documents are numbered as they are added. One with fewer than five words matches none.
        """
        of_text = shingles(text)
        if not of_text.size:
            self._added.append(of_text)
            return None
        sketch = self._blank.copy()
        sketch.update_batch((of_text & 0xFFFFFFFF).tolist())
        for number in self._index.find(sketch.hashvalues):
            similarity = jaccard(of_text, self._added[number])
            if similarity >= self.threshold:
                return number, similarity
        self._index.add(len(self._added), sketch.hashvalues)
        self._added.append(of_text)
        return None


def bands(threshold: float) -> tuple[int, int]:
    """(bands, rows of each) of LSH: the most rows, hence the fewest idle pairs, that miss at most `MAX_MISS`."""
    fitting = [rows for rows in range(1, NUM_PERM // 2 + 1) if (1 - threshold**rows) ** (NUM_PERM // rows) <= MAX_MISS]
    return NUM_PERM // fitting[-1], fitting[-1]
