"""Exact and near duplicates among documents. Knows nothing of files, licences or tokens."""

import hashlib
import re
from collections.abc import Iterable, Sequence

from datasketch import MinHash, MinHashLSH

NUM_PERM = 128
SHINGLE_WORDS = 5
JACCARD = 0.7

_WORD = re.compile(rb"[A-Za-z0-9]+")


def content_hash(text: str) -> str:
    """Sha256 of the UTF-8 bytes, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def keep_first(texts: Sequence[str]) -> list[int]:
    """Indices of the documents that repeat no earlier one, exactly or nearly.

    Nearly: estimated Jaccard similarity of word 5-grams at or above 0.7 (MinHash, LSH), as BigCode does it.
    """
    index = MinHashLSH(threshold=JACCARD, num_perm=NUM_PERM)
    seen: set[str] = set()
    kept: list[int] = []
    for number, text in enumerate(texts):
        digest = content_hash(text)
        sketch = _sketch(text)
        if digest in seen or index.query(sketch):
            continue
        seen.add(digest)
        index.insert(number, sketch)
        kept.append(number)
    return kept


def _sketch(text: str) -> MinHash:
    sketch = MinHash(num_perm=NUM_PERM)
    sketch.update_batch(list(_shingles(text)))
    return sketch


def _shingles(text: str) -> Iterable[bytes]:
    words = _WORD.findall(text.encode())
    starts = range(max(1, len(words) - SHINGLE_WORDS + 1))
    return {b" ".join(words[start : start + SHINGLE_WORDS]) for start in starts}
