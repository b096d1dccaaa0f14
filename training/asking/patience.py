"""When to ask again, and how fast at most."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from training.asking.model import RefusedError

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]


class FailedTryError(Exception):
    """A try that failed for a reason which may pass.

    Args:
        reason: What happened.
        after_s: What the server asks to be waited.
    """

    def __init__(self, reason: str, *, after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.after_s = after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often, and for how long."""

    max_tries: int = 5
    first_pause_s: float = 1.0
    """Doubled with every try, and drawn from its upper half, so that many who failed together do not come together."""
    max_pause_s: float = 60.0
    answer_s: float = 300.0
    """For one try, from the connection to the last byte."""

    async def keep_asking(self, ask: Callable[[], Awaitable[T]], sleep: Sleep = asyncio.sleep) -> T:
        """The first try that does not fail.

        Raises:
            RefusedError: None did.
        """
        for num_tries in range(1, self.max_tries + 1):
            try:
                return await ask()
            except FailedTryError as failure:
                if num_tries == self.max_tries:
                    raise RefusedError(
                        f"{failure} (tried {num_tries} times)", hint="the same command goes on where it was stopped"
                    ) from None
                await sleep(self._pause_s(num_tries, failure.after_s))
        raise AssertionError("there is at least one try")

    def _pause_s(self, num_tries: int, asked_s: float) -> float:
        pause_s = self.first_pause_s * 2 ** (num_tries - 1) * random.uniform(0.5, 1.0)
        return min(max(pause_s, asked_s), self.max_pause_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How one server is treated."""

    width: int = 8
    """Requests at a time."""
    per_s: float = 0.0
    """Requests a second, tries that fail included; 0: as many as can be."""
    patience: Patience = Patience()


class Pace:
    """At most so many requests a second, evenly.

    Args:
        per_s: 0: as many as can be.
    """

    def __init__(self, per_s: float, clock: Callable[[], float] = time.monotonic, sleep: Sleep = asyncio.sleep) -> None:
        self._gap_s = 1 / per_s if per_s else 0.0
        self._clock = clock
        self._sleep = sleep
        self._next_s = 0.0

    async def wait(self) -> None:
        """Until it is this request's turn."""
        if not self._gap_s:
            return
        now_s = self._clock()
        turn_s = max(now_s, self._next_s)
        self._next_s = turn_s + self._gap_s
        await self._sleep(turn_s - now_s)
