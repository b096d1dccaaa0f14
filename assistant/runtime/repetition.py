"""Answers that go round in circles: a small model may say the same line until its tokens run out."""

import numpy as np

MAX_PERIOD = 64
"""The longest circle looked for, in tokens: some five lines."""
MIN_REPEATED_TOKENS = 128
"""So many tokens in a row must be those of one period earlier. Tables, rows of dashes and ladders of `elif` end before:
of 3.4 million tokens of Python's standard library in StarCoder's vocabulary no run reaches it; the longest has 100."""
MIN_COPIES = 4
_BUFFER_TOKENS = 1024


class Repetition:
    """Notices when the last tokens repeat with some period, at a few µs per token."""

    def __init__(self) -> None:
        self._said = np.full(_BUFFER_TOKENS, -1, np.int64)
        self._end = MAX_PERIOD
        """Where the next token is written; the tokens one to `MAX_PERIOD` periods earlier stand before it."""
        periods = np.arange(MAX_PERIOD, 0, -1)
        self._runs = np.zeros(MAX_PERIOD, np.int64)
        """For each period, longest first, how many tokens in a row have been those of one period earlier."""
        self._limits = np.maximum(MIN_REPEATED_TOKENS, (MIN_COPIES - 1) * periods)

    def push(self, token: int) -> bool:
        """Take the next token of an answer; True when it has gone round long enough to be stopped."""
        if self._end == _BUFFER_TOKENS:
            self._said[:MAX_PERIOD] = self._said[-MAX_PERIOD:]
            self._end = MAX_PERIOD
        self._runs += 1
        self._runs *= self._said[self._end - MAX_PERIOD : self._end] == token
        self._said[self._end] = token
        self._end += 1
        return bool((self._runs >= self._limits).any())
