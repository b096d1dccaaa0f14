"""How many tokens to draft: as many as the measured cost of checking them and the luck of this answer make worth while.

A decode of k + 1 tokens that checks a draft of k says (1 - p^(k+1)) / (1 - p) tokens on average, if each drafted token
is right with probability p (Y. Leviathan et al., Fast Inference from Transformers via Speculative Decoding, 2023).
What that gains is an estimate, so it is never relied on: a draft is made only if its failure has been paid for.
"""

from collections.abc import Callable

MAX_DRAFT = 16
MIN_GAIN = 1.02
"""Tokens per second, as a multiple of plain decoding, that a draft must promise."""
INTEREST = 0.02
"""The share of the time of plain decoding that failed drafts may cost: the total never falls under 0.98 of it."""
MAX_CREDIT = 2.0
"""Decodes of one token that may be lost in a row; also what a good run may leave to a bad one."""
PRIOR, PRIOR_TOKENS = 0.6, 3
"""The first estimate of p, and how many drafted tokens it counts for."""
MEMORY_TOKENS = 20
"""How many drafted tokens back the estimate looks."""
FIRST_PAUSE, LAST_PAUSE = 16, 128
"""Tokens without a draft before one is made against the estimate; twice as many after each of these that fails."""


class DraftCredit:
    """Seconds that failed drafts may cost. One per engine: what one answer saved lets the next one try at once."""

    def __init__(self) -> None:
        self.seconds = 0.0


class Drafting:
    """The policy of one answer.

    Args:
        cost_s: Seconds that a decode of so many tokens of this answer takes. It is asked again each time and may learn.
        credit: Shared by all answers.
    """

    def __init__(self, cost_s: Callable[[int], float], credit: DraftCredit) -> None:
        self._cost_s = cost_s
        self._credit = credit
        self._acceptance = PRIOR
        self._num_checked = 0
        self._pause = FIRST_PAUSE
        self._num_plain = 0
        """Tokens since the last draft."""

    def num_tokens(self) -> int:
        """How many tokens to draft now, 0 to 16."""
        plain_s = self._cost_s(1)
        if not plain_s:  # nothing was decoded yet
            return 0
        payable_s = plain_s + self._credit.seconds + INTEREST * plain_s
        best, best_rate = 0, MIN_GAIN / plain_s
        said, chance = 1.0, 1.0
        for count in range(1, MAX_DRAFT + 1):
            chance *= self._acceptance
            said += chance
            cost_s = self._cost_s(count + 1)
            if cost_s <= payable_s and said / cost_s > best_rate:
                best, best_rate = count, said / cost_s
        return best or int(self._is_probe_due(plain_s, payable_s))

    def _is_probe_due(self, plain_s: float, payable_s: float) -> bool:
        """Whether to draft one token against the estimate, which else would never rise again."""
        cost_s = self._cost_s(2)
        return self._num_plain >= self._pause and cost_s <= payable_s and 2 * plain_s >= MIN_GAIN * cost_s

    def observe(self, num_drafted: int, num_accepted: int) -> None:
        """Learn from a decode: how many drafted tokens it checked, 0 where there were none, and how many were right."""
        plain_s = self._cost_s(1)
        saved_s = plain_s * (1 + num_accepted) - self._cost_s(1 + num_drafted)
        earned_s = INTEREST * plain_s * (1 + num_accepted)
        self._credit.seconds = min(self._credit.seconds + earned_s + saved_s, MAX_CREDIT * plain_s)
        for is_right in [True] * num_accepted + [False] * (num_accepted < num_drafted):
            self._num_checked += 1
            self._acceptance += (is_right - self._acceptance) / min(PRIOR_TOKENS + self._num_checked, MEMORY_TOKENS)
        self._set_pause(num_drafted, num_accepted)

    def _set_pause(self, num_drafted: int, num_accepted: int) -> None:
        if num_drafted == 0:
            self._num_plain += 1
            return
        self._num_plain = 0
        self._pause = 0 if num_accepted else min(max(FIRST_PAUSE, 2 * self._pause), LAST_PAUSE)
