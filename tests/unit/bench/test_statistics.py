"""Percentiles are values that were measured; what was not measured stays unknown."""

import pytest

from assistant.bench.statistics import middle, percentile, ratio


@pytest.mark.parametrize(("percent", "expected"), [(0, 1), (50, 10), (95, 19), (99, 20), (100, 20)])
def test_percentiles_are_nearest_ranks(percent: float, expected: float) -> None:
    """Of 1 to 20 in any order."""
    assert percentile([*range(20, 10, -1), *range(1, 11)], percent) == expected


def test_the_median_of_an_even_number_lies_between() -> None:
    """It is the usual one."""
    assert middle([4, 1, 3, 2]) == 2.5


def test_nothing_measured_is_no_number() -> None:
    """Neither percentiles nor ratios are made up."""
    assert (percentile([], 95), middle([])) == (None, None)
    assert (ratio(1.0, None), ratio(None, 1.0), ratio(1.0, 0.0)) == (None, None, None)
    assert ratio(1.0, 4.0) == 0.25
