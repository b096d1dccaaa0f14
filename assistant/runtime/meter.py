"""How the engine's time is spent: read by whoever asks for the status, written by the decoding thread."""

import time

NEWEST_SHARE = 0.05
LONGEST_STEP_S = 5.0
"""A longer time between two decodes was no step of the engine: nobody wanted anything."""


class Meter:
    """Running means over decodes of one token, where the engine's own share of the time is largest."""

    def __init__(self) -> None:
        self.step_s = 0.0
        """From the end of one decode of one token to the end of the next."""
        self.decode_s = 0.0
        """Inside llama.cpp."""
        self._last_single_at = 0.0

    def count(self, decode_s: float, *, is_single: bool) -> None:
        """Note a decode that has just ended."""
        now = time.perf_counter()
        since_last = now - self._last_single_at
        if is_single and since_last < LONGEST_STEP_S:
            self.step_s = _mean(self.step_s, since_last)
            self.decode_s = _mean(self.decode_s, decode_s)
        self._last_single_at = now if is_single else 0.0


def _mean(old: float, new: float) -> float:
    return old + NEWEST_SHARE * (new - old) if old else new
