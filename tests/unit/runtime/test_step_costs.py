"""What a decode costs is learned from decodes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.runtime.step_costs import StepCosts


def learned(*decodes: tuple[int, float]) -> StepCosts:
    """Costs after these decodes of (tokens, seconds)."""
    costs = StepCosts()
    for num_tokens, seconds in decodes:
        costs.add(num_tokens, seconds)
    return costs


def test_between_two_known_sizes_costs_lie_on_a_line() -> None:
    """And beyond the largest the line goes on."""
    costs = learned((1, 0.1), (5, 0.2))

    assert costs.seconds(3) == pytest.approx(0.15)
    assert costs.seconds(9) == pytest.approx(0.3)


def test_a_machine_that_got_slower_is_noticed() -> None:
    """The running mean follows; one decode that was disturbed moves it little."""
    costs = learned((1, 0.1))
    costs.add(1, 60.0)
    disturbed = costs.seconds(1)
    for _ in range(30):
        costs.add(1, 0.2)

    assert disturbed < 0.2
    assert costs.seconds(1) == pytest.approx(0.2, rel=0.05)


def test_sizes_near_each_other_share_a_figure_when_large() -> None:
    """A prompt of 1,000 tokens says what one of 1,010 costs; one token says nothing of two."""
    costs = learned((1000, 4.0), (1, 0.1))

    assert costs.is_known(1010)
    assert not costs.is_known(2)


@given(
    decodes=st.lists(st.tuples(st.integers(1, 2048), st.floats(1e-4, 10)), min_size=1, max_size=30),
    limit_s=st.floats(1e-4, 10),
)
def test_the_largest_size_within_a_time_keeps_within_it(decodes, limit_s) -> None:
    """Unless even the smallest allowed size takes longer: something must be done."""
    costs = learned(*decodes)

    largest = costs.largest_within(limit_s, at_least=8, at_most=512)

    assert 8 <= largest <= 512
    assert largest == 8 or costs.seconds(largest) <= limit_s
