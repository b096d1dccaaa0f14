"""pass@k against known values; intervals against known intervals and by simulation."""

import math
import random

import numpy as np
import pytest

from assistant.errors import InputError
from assistant.wilson import wilson
from training.evaluation.intervals import bootstrap, estimate, mcnemar
from training.evaluation.pass_at_k import chosen_ks, pass_at_k


@pytest.mark.parametrize(
    ("num_samples", "num_correct", "k", "expected"),
    [(5, 0, 1, 0.0), (5, 5, 5, 1.0), (10, 3, 1, 0.3), (10, 3, 5, 1 - 21 / 252), (200, 1, 100, 0.5)],
)
def test_pass_at_k_is_the_unbiased_estimator(num_samples: int, num_correct: int, k: int, expected: float) -> None:
    """1 - C(n-c, k) / C(n, k)."""
    assert pass_at_k(num_samples, num_correct, k) == pytest.approx(expected, abs=1e-12)


def test_every_small_case_agrees_with_the_binomial_coefficients() -> None:
    """The product that does not overflow is the same number."""
    for n in range(1, 13):
        for c in range(n + 1):
            for k in range(1, n + 1):
                assert pass_at_k(n, c, k) == pytest.approx(1 - math.comb(n - c, k) / math.comb(n, k), abs=1e-12)


def test_more_picks_than_samples_are_refused() -> None:
    """There is no unbiased pass@10 from five samples; the command says how many are needed."""
    with pytest.raises(ValueError, match="needs at least 10"):
        pass_at_k(5, 1, 10)
    with pytest.raises(InputError, match="pass@10 cannot be estimated from 5 samples"):
        chosen_ks((1, 10), 5)


def test_the_usual_ks_are_those_that_the_samples_allow() -> None:
    """Of 1, 10 and 100."""
    assert chosen_ks((), 1) == (1,)
    assert chosen_ks((), 20) == (1, 10)
    assert chosen_ks((), 200) == (1, 10, 100)
    assert chosen_ks((5, 2, 5), 5) == (2, 5)


@pytest.mark.parametrize(("num_passed", "num_problems"), [(0, 164), (1, 20), (102, 164), (164, 164), (3, 3)])
def test_with_one_sample_a_problem_the_interval_is_wilsons(num_passed: int, num_problems: int) -> None:
    """An interval that is open where nothing, or all, was solved."""
    found = estimate([1.0] * num_passed + [0.0] * (num_problems - num_passed))

    assert (found.low, found.high) == pytest.approx(wilson(num_passed, num_problems))
    assert found.value == num_passed / num_problems


def test_the_interval_of_the_papers_headline_is_known() -> None:
    """PanGu-Coder2 solves 102 of 164 greedily: [54.6, 69.3] percent."""
    found = estimate([1.0] * 102 + [0.0] * 62)

    assert (round(100 * found.low, 1), round(100 * found.high, 1)) == (54.6, 69.3)


def test_more_samples_a_problem_say_more_than_one() -> None:
    """Shares between 0 and 1 spread less than coins; equal ones are still not certain."""
    coins, shares = estimate([0.0, 1.0] * 50), estimate([0.4, 0.6] * 50)

    assert shares.high - shares.low < 0.5 * (coins.high - coins.low)
    assert 0.5 < estimate([0.5] * 20).high < 0.6
    with pytest.raises(ValueError, match="nothing"):
        estimate([])


@pytest.mark.parametrize(
    ("difficulty", "num_problems", "num_samples", "k"),
    [((0.5, 0.5), 164, 1, 1), ((0.3, 3), 164, 10, 1), ((2, 1), 164, 10, 1), ((0.3, 3), 164, 20, 10)],
)
def test_the_interval_covers_what_it_says(
    difficulty: tuple[float, float], num_problems: int, num_samples: int, k: int
) -> None:
    """95 % +- 1: of many sets of problems with known pass@k, so many have it in their interval."""
    rng = np.random.default_rng(7)
    of_count = np.array([pass_at_k(num_samples, passed, k) for passed in range(num_samples + 1)])
    truth = (1 - (1 - rng.beta(*difficulty, 2_000_000)) ** k).mean()
    counts = rng.binomial(num_samples, rng.beta(*difficulty, (6000, num_problems)))

    found = [estimate(row) for row in of_count[counts].tolist()]
    covered = sum(each.low <= truth <= each.high for each in found) / len(found)

    assert 0.94 <= covered <= 0.96


def test_the_paired_interval_covers_what_it_says() -> None:
    """The difference of two models on the same 164 problems, four samples each, by the bootstrap: 95 % +- 1."""
    rng = np.random.default_rng(7)
    ease = rng.beta(0.5, 0.5, (4000, 164))
    better = ease + 0.1 * (1 - ease)
    truth = 0.1 * 0.5
    differences = (rng.binomial(4, better) - rng.binomial(4, ease)) / 4

    found = [bootstrap(row, num_resamples=1000) for row in differences.tolist()]
    covered = sum(each.low <= truth <= each.high for each in found) / len(found)

    assert 0.94 <= covered <= 0.96


@pytest.mark.parametrize(("first", "second", "expected"), [(21, 17, 0.63), (50, 2, 6e-13), (0, 0, 1.0), (5, 5, 1.0)])
def test_mcnemar_is_exact(first: int, second: int, expected: float) -> None:
    """Of the paper: PanGu-Coder2 is ahead of WizardCoder by luck, as far as 164 problems show, of StarCoder not."""
    assert mcnemar(first, second) == pytest.approx(expected, rel=0.05)


def test_mcnemar_counts_what_fair_coins_do() -> None:
    """Its p-value is the chance of a split as uneven as that."""
    rng = random.Random(0)
    as_uneven = sum(abs(2 * sum(rng.random() < 0.5 for _ in range(20)) - 20) >= 8 for _ in range(20_000))

    assert mcnemar(14, 6) == pytest.approx(as_uneven / 20_000, abs=0.01)
