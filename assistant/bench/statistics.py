"""Percentiles and ratios of measured values."""

import math
from collections.abc import Sequence
from statistics import median


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The smallest measured value that so many percent of all do not exceed (nearest rank); None of nothing."""
    if not values:
        return None
    rank = math.ceil(percent / 100 * len(values))
    return sorted(values)[max(0, rank - 1)]


def middle(values: Sequence[float]) -> float | None:
    """The median; None of nothing."""
    return median(values) if values else None


def ratio(ours: float | None, theirs: float | None) -> float | None:
    """Ours as a multiple of theirs; None where one is missing or theirs is 0."""
    return ours / theirs if ours is not None and theirs else None
