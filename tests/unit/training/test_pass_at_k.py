"""pass@k against known values, and intervals against known behaviour."""

import math

import pytest

from training.evaluate import bootstrap, pass_at_k


@pytest.mark.parametrize(
    ("num_samples", "num_correct", "k", "expected"),
    [(5, 0, 1, 0.0), (5, 5, 5, 1.0), (10, 3, 1, 0.3), (10, 3, 5, 1 - 21 / 252)],
)
def test_pass_at_k_is_the_unbiased_estimator(num_samples: int, num_correct: int, k: int, expected: float) -> None:
    """1 - C(n-c, k) / C(n, k)."""
    assert pass_at_k(num_samples, num_correct, k) == pytest.approx(expected)
    assert pass_at_k(num_samples, num_correct, k) == pytest.approx(
        1 - math.comb(num_samples - num_correct, k) / math.comb(num_samples, k)
    )


def test_more_picks_than_samples_are_refused() -> None:
    """There is no unbiased pass@10 from five samples."""
    with pytest.raises(ValueError, match="needs at least 10"):
        pass_at_k(5, 1, 10)


def test_the_interval_holds_the_mean_and_narrows_with_more_problems() -> None:
    """Four times the problems, about half the width."""
    few, many = bootstrap([0.0, 1.0] * 25), bootstrap([0.0, 1.0] * 100)

    assert few.low < few.mean == 0.5 < few.high
    assert 0.4 < (many.high - many.low) / (few.high - few.low) < 0.6
