"""What a soak calls lost."""

import pytest

from assistant.bench.soak import Found, is_good, report

STEADY = [100] * 50


def test_growth_is_counted_after_the_warm_up() -> None:
    """What the first fifth takes is nobody's leak."""
    assert Found(memory_bytes=[*range(10, 20), *[100] * 40]).growth == 0
    assert Found(memory_bytes=[100] * 45 + [110] * 5).growth == pytest.approx(0.1)
    assert Found().growth is None


@pytest.mark.parametrize(
    "lost",
    [
        {"errors": ["fim 1: EngineError"]},
        {"num_busy_slots": 1},
        {"num_queued": 1},
        {"num_used_cells": 11},
        {"memory_bytes": [100] * 45 + [103] * 5},
    ],
)
def test_nothing_may_be_lost(lost: dict) -> None:
    """Neither a request, a slot, a cell nor memory; cells that slots hold are no leak."""
    found = {"memory_bytes": STEADY, "num_used_cells": 10, "num_slot_tokens": 10}

    assert is_good(Found(**found), wrong=[])
    assert not is_good(Found(**found | lost), wrong=[])


def test_a_wrong_answer_is_shown_in_full() -> None:
    """And the run is no good."""
    wrong = ["text 3: 'a', alone 'b'"]

    assert not is_good(Found(memory_bytes=STEADY), wrong)
    assert (wrong[0],) in report(Found(), 0, wrong)[-1].rows
