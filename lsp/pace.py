"""When to ask the model: from how fast somebody types and how fast it answers. Pure: the clock is the caller's.

An answer that the next key would overtake need not be begun. Whether the next key comes soon is known after one typical
gap; so a request waits as long as its answer would take, and never longer than a little more than one gap. A model that
answers within a gap is asked at once: the daemon drops what is outdated.

Tabby's agent also sets a delay from typing rhythm and response time, with a floor of 100 ms; there is none here.
"""

from collections import deque
from statistics import fmean, median

MAX_GAP_S = 0.4
"""A longer pause is no rhythm but a thought."""
USUAL_GAP_S = 0.2
"""Before anybody has typed. Source: gaps of 100 to 300 ms are usual."""
GAPS = 20
ANSWERS = 10
QUICK_S = 0.06
"""Faster than anybody types: no waiting."""
GAP_MARGIN = 1.25
SLOW_S = 5.0
"""As Tabby's agent: who waits so long has given up."""
SLOW_AFTER = 5
"""Answers before anything is said of the model's speed."""


class Pace:
    """One editor session's rhythm."""

    def __init__(self) -> None:
        self._last_key_s: float | None = None
        self._gaps_s: deque[float] = deque(maxlen=GAPS)
        self._answers_s: deque[float] = deque(maxlen=ANSWERS)

    def typed(self, at_s: float) -> None:
        """A key was pressed."""
        if self._last_key_s is not None and 0 < at_s - self._last_key_s <= MAX_GAP_S:
            self._gaps_s.append(at_s - self._last_key_s)
        self._last_key_s = at_s

    def answered(self, took_s: float, *, is_whole: bool) -> None:
        """The model answered from nothing, after so long; or gave its first line, about half of an answer."""
        self._answers_s.append(took_s if is_whole else 2 * took_s)

    @property
    def answer_s(self) -> float:
        """Mean time of the last whole answers; 0 before the first."""
        return fmean(self._answers_s) if self._answers_s else 0.0

    @property
    def is_slow(self) -> bool:
        """Whether the model is too slow to be asked while typing."""
        return len(self._answers_s) >= SLOW_AFTER and self.answer_s > SLOW_S

    def wait_s(self) -> float:
        """How long to wait for another key before the model is asked."""
        if self.answer_s <= QUICK_S:
            return 0.0
        gap_s = median(self._gaps_s) if self._gaps_s else USUAL_GAP_S
        return min(self.answer_s, GAP_MARGIN * gap_s)

    def wants_early(self, limit_ms: int) -> bool:
        """Whether to show the first line while the model says the rest; never with the limit 0."""
        return 0 < limit_ms < self.answer_s * 1000
