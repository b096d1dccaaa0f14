"""What the deaths of engines teach."""

import pytest

from assistant.errors import EngineError
from assistant.runtime.restarts import NUM_FATAL_REQUESTS, Quarantine, Restarts


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_pause_doubles_from_the_third_death_on(clock) -> None:
    """Two deaths within a minute cost no wait; then half a second, and eight at most."""
    restarts = Restarts(clock=clock)
    pauses = []

    for _ in range(9):
        restarts.note_death("the engine stopped")
        pauses.append(restarts.pause_s())

    assert pauses == [0, 0, 0.5, 1, 2, 4, 8, 8, 8]


def test_deaths_are_forgotten_after_a_minute(clock) -> None:
    """An engine that dies once an hour is restarted at once for ever."""
    restarts = Restarts(clock=clock)
    for _ in range(3):
        restarts.note_death("the engine stopped")

    clock.now += 61

    assert restarts.pause_s() == 0


def test_an_engine_that_died_too_often_has_failed_until_its_pause_has_passed(clock) -> None:
    """Requests are refused with the reason and the number of deaths instead of waiting, then one may try again."""
    restarts = Restarts(clock=clock)
    for _ in range(7):
        restarts.check()
        restarts.note_death("the engine stopped")

    with pytest.raises(EngineError, match="the engine stopped; that was failure number 7 within 60 s") as caught:
        restarts.check()
    clock.now += 8.1

    assert "start again in 8 s" in caught.value.hint
    assert not restarts.has_failed
    restarts.check()


def test_a_request_that_was_there_at_two_deaths_is_refused() -> None:
    """Once is an accident."""
    quarantine = Quarantine()
    quarantine.note_death(1)
    quarantine.check(1)

    quarantine.note_death(1)

    with pytest.raises(EngineError, match="died twice while it worked on this very request"):
        quarantine.check(1)
    quarantine.check(2)


def test_an_answer_clears_a_suspect() -> None:
    """It was there when the engine died and has been answered since: it is not the cause."""
    quarantine = Quarantine()
    quarantine.note_death(1)
    assert quarantine.is_suspect(1)

    quarantine.note_answer(1)

    quarantine.note_death(1)
    quarantine.check(1)


def test_the_quarantine_is_bounded() -> None:
    """The oldest is forgotten first."""
    quarantine = Quarantine()

    for key in range(NUM_FATAL_REQUESTS + 1):
        quarantine.note_death(key)

    assert not quarantine.is_suspect(0)
    assert quarantine.is_suspect(NUM_FATAL_REQUESTS)
