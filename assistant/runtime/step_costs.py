"""What a decode of so many tokens costs on this machine, learned from the decodes themselves.

Nothing is assumed of the hardware: whether it pays to check five guessed tokens at once, to let a chat ride along with
a completion, or how many tokens a call may take that cannot be interrupted, follows from these figures.
"""

from bisect import bisect_left, insort

EXACT_TOKENS = 16
"""Up to so many tokens each count has a figure of its own; larger ones share one within a factor of 1.19."""
NEWEST_SHARE = 0.2
"""Weight of the newest decode in the running mean: a machine that gets busy is noticed after five."""
UNTRIED_SHARE = 0.5
"""Until a second size was tried, more tokens are taken to cost this share of their number: enough to try a few."""
MAX_SURPRISE = 3.0
"""A decode that took this many times what was expected was disturbed, and counts as this many times."""


class StepCosts:
    """Seconds of one decode by its number of tokens: running means, and straight lines between them."""

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}
        self._sizes: list[int] = []

    def add(self, num_tokens: int, seconds: float) -> None:
        """Learn from one decode."""
        size = _bucket(num_tokens)
        if size not in self._seconds:
            insort(self._sizes, size)
            self._seconds[size] = seconds
            return
        old = self._seconds[size]
        self._seconds[size] = old + NEWEST_SHARE * (min(seconds, MAX_SURPRISE * old) - old)

    def is_known(self, num_tokens: int) -> bool:
        """Whether a decode of about this size was ever made."""
        return _bucket(num_tokens) in self._seconds

    def seconds(self, num_tokens: int) -> float:
        """What a decode of `num_tokens` will take; 0 while nothing is known."""
        if not self._sizes:
            return 0.0
        place = bisect_left(self._sizes, num_tokens)
        if place == 0:
            return self._seconds[self._sizes[0]]
        if len(self._sizes) == 1:
            size = self._sizes[0]
            return self._seconds[size] * (1 + UNTRIED_SHARE * (num_tokens - size) / size)
        low, high = self._sizes[place - 1 : place + 1] if place < len(self._sizes) else self._sizes[-2:]
        slope = max(0.0, (self._seconds[high] - self._seconds[low]) / (high - low))
        return self._seconds[low] + slope * (num_tokens - low)

    def largest_within(self, seconds: float, *, at_least: int, at_most: int) -> int:
        """How many tokens a decode may have that shall take no longer than `seconds`."""
        low, high = at_least, max(at_least, at_most)
        while low < high:
            middle = (low + high + 1) // 2
            if self.seconds(middle) <= seconds:
                low = middle
            else:
                high = middle - 1
        return low


def _bucket(num_tokens: int) -> int:
    if num_tokens <= EXACT_TOKENS:
        return num_tokens
    size = float(EXACT_TOKENS)
    while round(size) < num_tokens:
        size *= 2**0.25
    return round(size)
