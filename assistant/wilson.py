"""The interval of a share: of what was accepted, of what passes its tests."""

from math import sqrt
from statistics import NormalDist

NORMAL_95 = NormalDist().inv_cdf(0.975)


def wilson(num_hits: float, num_tries: float) -> tuple[float, float]:
    """The interval of a rate that also holds with few tries, and at 0 and 1; 95 %. Neither needs to be whole.

    Source: E. B. Wilson, Probable Inference, JASA 22 (1927).
    """
    if not num_tries:
        return 0.0, 1.0
    rate, weight = num_hits / num_tries, NORMAL_95**2 / num_tries
    middle = (rate + weight / 2) / (1 + weight)
    half = NORMAL_95 / (1 + weight) * sqrt(rate * (1 - rate) / num_tries + weight / num_tries / 4)
    return max(0.0, middle - half), min(1.0, middle + half)
