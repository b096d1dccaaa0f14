"""Stop strings: an answer ends before the first of them, however its text was cut into tokens."""


class StopStrings:
    """Hands on what can no longer be part of a stop string.

    The first stop string is the one that is complete first, and of several that end with the same character the
    longest: the answer ends as soon as there is reason to, and wherever a token ends makes no difference.

    Args:
        stops: Strings of at least one character each.
    """

    def __init__(self, stops: tuple[str, ...]) -> None:
        self._stops = stops
        self._held = ""
        """The end of the text so far, as long as a stop string may begin in it."""
        self.is_met = False
        """A stop string was found; nothing after it is handed on."""

    def push(self, text: str) -> str:
        """The text before a stop string that `text` and what was held allow to hand on."""
        if not self._stops or self.is_met:
            return "" if self.is_met else text
        self._held += text
        found = [(start + len(stop), start) for stop in self._stops if (start := self._held.find(stop)) >= 0]
        if found:
            self.is_met = True
            return self._release(min(found)[1])
        return self._release(self._first_beginning())

    def finish(self) -> str:
        """What was held: the text ended before it became a stop string."""
        return "" if self.is_met else self._release(len(self._held))

    def _release(self, count: int) -> str:
        text, self._held = self._held[:count], self._held[count:]
        return text

    def _first_beginning(self) -> int:
        """Where the first stop string may have begun; the length of what is held if none has."""
        longest = max(map(len, self._stops))
        for start in range(max(0, len(self._held) - longest + 1), len(self._held)):
            if any(stop.startswith(self._held[start:]) for stop in self._stops):
                return start
        return len(self._held)
