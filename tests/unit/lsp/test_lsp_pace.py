"""When the model is asked: never so soon that the next key makes the answer void, never later than need be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp.pace import MAX_GAP_S, SLOW_AFTER, Pace


def pace_of(*, gap_s: float, answer_s: float) -> Pace:
    """Somebody who types evenly, and a model that answers evenly."""
    pace = Pace()
    for number in range(10):
        pace.typed(number * gap_s)
        pace.answered(answer_s, is_whole=True)
    return pace


@pytest.mark.parametrize(
    ("gap_s", "answer_s", "wait_s"),
    [
        (0.15, 0.03, 0.0),  # the answer is there before the next key
        (0.15, 0.1, 0.1),  # no longer than the answer takes
        (0.15, 2.0, 0.1875),  # one gap and a little: the pause has begun
        (0.08, 2.0, 0.1),  # a fast typist waits less
    ],
)
def test_the_wait_comes_from_the_rhythm_and_the_models_speed(gap_s: float, answer_s: float, wait_s: float) -> None:
    """Both were measured in this session."""
    assert pace_of(gap_s=gap_s, answer_s=answer_s).wait_s() == pytest.approx(wait_s)


def test_the_first_request_does_not_wait() -> None:
    """Nothing is known of the model yet."""
    assert Pace().wait_s() == 0.0


def test_a_pause_is_no_part_of_the_rhythm() -> None:
    """Who thinks for a minute does not type slowly."""
    pace = pace_of(gap_s=0.1, answer_s=2.0)
    pace.typed(100.0)
    pace.typed(160.0)

    assert pace.wait_s() == pytest.approx(0.125)


@given(
    gaps=st.lists(st.floats(0, 10), max_size=30),
    answers=st.lists(st.floats(0, 1000), max_size=30),
)
def test_nobody_ever_waits_longer_than_the_longest_gap(gaps: list[float], answers: list[float]) -> None:
    """Whatever happened before."""
    pace = Pace()
    at_s = 0.0
    for gap_s in gaps:
        at_s += gap_s
        pace.typed(at_s)
    for answer_s in answers:
        pace.answered(answer_s, is_whole=True)

    assert 0.0 <= pace.wait_s() <= 1.25 * MAX_GAP_S


def test_the_first_line_comes_first_where_the_whole_takes_longer_than_the_limit() -> None:
    """0 switches that off."""
    assert pace_of(gap_s=0.1, answer_s=0.4).wants_early(250)
    assert not pace_of(gap_s=0.1, answer_s=0.2).wants_early(250)
    assert not pace_of(gap_s=0.1, answer_s=9.0).wants_early(0)
    assert not Pace().wants_early(250)


def test_a_model_that_became_quick_is_asked_for_the_whole_again() -> None:
    """First lines count double; ten quick ones forget the slow past."""
    pace = pace_of(gap_s=0.1, answer_s=3.0)
    for _ in range(10):
        pace.answered(0.05, is_whole=False)

    assert not pace.wants_early(250)


def test_a_model_is_slow_after_several_slow_answers_only() -> None:
    """The first one may have loaded it."""
    pace = Pace()
    for number in range(SLOW_AFTER):
        assert not pace.is_slow, number
        pace.answered(6.0, is_whole=True)

    assert pace.is_slow
