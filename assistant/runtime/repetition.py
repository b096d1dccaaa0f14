"""Answers that go round in circles: a small model may say the same line until its tokens run out."""

MAX_PERIOD = 64
"""The longest circle looked for, in tokens: some five lines."""
MIN_REPEATED_TOKENS = 128
"""So many tokens in a row must be those of one period earlier. Tables, rows of dashes and ladders of `elif` end before:
of 3.4 million tokens of Python's standard library in StarCoder's vocabulary no run reaches it; the longest has 100."""
MIN_COPIES = 4
LOOK_EVERY = 16
"""Tokens between two looks: each costs some 10 µs."""


class Repetition:
    """Notices when the last tokens repeat with some period."""

    def __init__(self) -> None:
        self._said: list[int] = []

    def push(self, token: int) -> bool:
        """Take the next token of an answer; True when it has gone round long enough to be stopped."""
        self._said.append(token)
        return len(self._said) % LOOK_EVERY == 0 and any(map(self._goes_round, range(1, MAX_PERIOD + 1)))

    def _goes_round(self, period: int) -> bool:
        said = self._said
        count = max(MIN_REPEATED_TOKENS, (MIN_COPIES - 1) * period)
        if len(said) < count + period or said[-1] != said[-1 - period]:
            return False
        return said[-count:] == said[-count - period : -period]
