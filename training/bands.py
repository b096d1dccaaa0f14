"""The index of locality-sensitive hashing: which documents have a band of their sketches in common, in little memory.

datasketch's own holds a set and a key of Python for every band of every document, 400 bytes; this one twelve.
"""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

_MAX_RECENT = 1 << 15


class BandIndex:
    """Numbers of documents, by the bands of their sketches.

    Args:
        num_bands: Bands of a sketch.
        num_rows: Values of a band.
        max_recent: Bands that may wait in a dictionary before they are sorted in.
    """

    def __init__(self, num_bands: int, num_rows: int, *, max_recent: int = _MAX_RECENT) -> None:
        self._shape = num_bands, num_rows
        rng = np.random.default_rng(0)
        self._factors = rng.integers(1 << 64, size=self._shape, dtype=np.uint64)
        self._offsets = rng.integers(1 << 64, size=num_bands, dtype=np.uint64)
        self._max_recent = max_recent
        self._hashes: NDArray[np.uint64] = np.empty(0, np.uint64)
        self._numbers: NDArray[np.int32] = np.empty(0, np.int32)
        self._recent: defaultdict[int, list[int]] = defaultdict(list)

    def find(self, sketch: NDArray[np.uint64]) -> list[int]:
        """The documents that have a band of `sketch`, (P,) uint64, ascending. With it, one in 2^64 that has not."""
        hashes = self._of(sketch)
        found = {number for each in hashes.tolist() for number in self._recent.get(each, ())}
        starts, ends = (np.searchsorted(self._hashes, hashes, side) for side in ("left", "right"))
        for start, end in zip(starts, ends, strict=True):
            found.update(self._numbers[start:end].tolist())
        return sorted(found)

    def add(self, number: int, sketch: NDArray[np.uint64]) -> None:
        """A document, by its number, which is below 2^31."""
        for each in self._of(sketch).tolist():
            self._recent[each].append(number)
        if len(self._recent) >= self._max_recent:
            self._sort_in()

    def _of(self, sketch: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """(B,) uint64: a hash for each band, by multiplication with random numbers modulo 2^64."""
        num_bands, num_rows = self._shape
        bands_BR = sketch[: num_bands * num_rows].reshape(self._shape)
        return (bands_BR * self._factors).sum(axis=1, dtype=np.uint64) + self._offsets

    def _sort_in(self) -> None:
        pairs = sorted((each, number) for each, numbers in self._recent.items() for number in numbers)
        hashes = np.array([each for each, _ in pairs], np.uint64)
        at = np.searchsorted(self._hashes, hashes)
        self._hashes = np.insert(self._hashes, at, hashes)
        self._numbers = np.insert(self._numbers, at, np.array([number for _, number in pairs], np.int32))
        self._recent.clear()
