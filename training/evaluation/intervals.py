"""Intervals over problems, and comparisons of two models on the same problems. They know nothing of training seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from assistant.wilson import wilson

_PSEUDO = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean over problems with its 95 % interval."""

    value: float
    low: float
    high: float


def estimate(values: Sequence[float]) -> Estimate:
    """Mean of one value in [0, 1] a problem, with a Wilson interval for as many coins as its spread is worth.

    With one sample a problem the values are 0 and 1 and this is Wilson's interval itself. With more, a problem says
    more than a coin: the number of coins with the same spread takes the place of the number of problems. To find it a
    quarter of a solved and of an unsolved problem are added, so that values that are all alike do not count as certain.
    The bootstrap's percentiles, which others print, are too narrow near 0 and 1 and for few problems (README).

    Raises:
        ValueError: There are no values.

    Source: E. B. Wilson, Probable Inference, JASA 22 (1927); L. Kish, Survey Sampling (1965), for the effective number.
    """
    num_problems = len(values)
    if not num_problems:
        raise ValueError("a mean of nothing")
    mean = sum(values) / num_problems
    num_coins = _num_coins(values)
    low, high = wilson(mean * num_coins, num_coins)
    return Estimate(value=mean, low=min(mean, low), high=max(mean, high))


def _num_coins(values: Sequence[float]) -> float:
    """How many 0s and 1s would have a mean that spreads like that of `values`."""
    num_problems = len(values)
    total = num_problems + 2 * _PSEUDO
    mean = (sum(values) + _PSEUDO) / total
    variance = (sum(value**2 for value in values) + _PSEUDO) / total - mean**2
    return num_problems * mean * (1 - mean) / variance


def bootstrap(values: Sequence[float], *, seed: int = 0, num_resamples: int = 4000) -> Estimate:
    """Mean of any values, one a problem, with the percentile interval over resampled problems.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    levels, counts = np.unique(np.asarray(values, dtype=np.float64), return_counts=True)
    draws_RV = np.random.default_rng(seed).multinomial(len(values), counts / len(values), num_resamples)
    low, high = np.percentile(draws_RV @ levels / len(values), [2.5, 97.5])
    return Estimate(value=float(np.mean(values)), low=float(low), high=float(high))


def mcnemar(num_only_first: int, num_only_second: int) -> float:
    """Two-sided exact p-value: of the problems that only one of two models solved, is either's share more than half?

    Source: Q. McNemar, Psychometrika 12 (1947); exact by the binomial distribution.
    """
    num_discordant = num_only_first + num_only_second
    tail = sum(comb(num_discordant, each) for each in range(min(num_only_first, num_only_second) + 1))
    return min(1.0, 2 * tail / 2**num_discordant)
