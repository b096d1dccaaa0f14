"""What the deaths of engines teach: how long to wait before the next one, and which requests not to try again."""

import time
from collections import OrderedDict
from collections.abc import Callable

from assistant.errors import EngineError

NUM_FREE_DEATHS = 2
"""So many within the window are answered at once by a new engine."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 8.0
NUM_FATAL_REQUESTS = 1024
LOG_HINT = "`cairn doctor` shows where its log is"


class Restarts:
    """When the next engine may start: the more have died lately, the later.

    Args:
        window_s: How long a death is remembered.
        clock: Seconds.
    """

    def __init__(self, *, window_s: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._window_s = window_s
        self._clock = clock
        self._deaths: list[float] = []
        self._why = ""

    def note_death(self, why: str) -> None:
        """An engine died, or could not be started; `why` is a sentence."""
        self._deaths = [*self._recent(), self._clock()]
        self._why = why

    def pause_s(self) -> float:
        """Seconds until the next engine may start."""
        recent = self._recent()
        if len(recent) <= NUM_FREE_DEATHS:
            return 0.0
        pause_s = min(FIRST_PAUSE_S * 2 ** (len(recent) - NUM_FREE_DEATHS - 1), LONGEST_PAUSE_S)
        return max(0.0, recent[-1] + pause_s - self._clock())

    @property
    def has_failed(self) -> bool:
        """Whether it died so often that nobody should wait for the next one."""
        longest = FIRST_PAUSE_S * 2 ** (len(self._recent()) - NUM_FREE_DEATHS - 1) >= LONGEST_PAUSE_S
        return longest and self.pause_s() > 0

    def check(self) -> None:
        """Let a request wait for the next engine, or refuse it.

        Raises:
            EngineError: The engine has failed.
        """
        if self.has_failed:
            raise EngineError(
                f"{self._why}; that was failure number {len(self._recent())} within {self._window_s:.0f} s",
                hint=f"it may start again in {self.pause_s():.0f} s; {LOG_HINT}",
            )

    def _recent(self) -> list[float]:
        return [death for death in self._deaths if death > self._clock() - self._window_s]


class Quarantine:
    """Requests that engines died of.

    One that was in flight at a death is suspect until it is answered; one that was there twice is refused.
    """

    def __init__(self) -> None:
        self._num_deaths: OrderedDict[int, int] = OrderedDict()

    def is_suspect(self, key: int) -> bool:
        """Whether an engine died while it had this request."""
        return key in self._num_deaths

    def note_death(self, key: int) -> None:
        """The engine died while it had this request; the oldest of too many are forgotten."""
        self._num_deaths[key] = self._num_deaths.pop(key, 0) + 1
        while len(self._num_deaths) > NUM_FATAL_REQUESTS:
            self._num_deaths.popitem(last=False)

    def note_answer(self, key: int) -> None:
        """It was answered, so it is not what kills engines."""
        self._num_deaths.pop(key, None)

    def check(self, key: int) -> None:
        """Refuse what has killed twice.

        Raises:
            EngineError: It has.
        """
        if self._num_deaths.get(key, 0) >= 2:
            raise EngineError(
                "the engine died twice while it worked on this very request, so it is not tried again",
                hint=f"change the request; {LOG_HINT}, and `cairn stop` forgets it",
            )
