"""What native code prints: into the daemon's log, never on a terminal, and never more than a log should hold."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable

from assistant.sanitize import sanitize

MAX_LINE_CHARS = 1000
BURST_LINES, LINES_PER_S = 200, 10
CHUNK_BYTES = 1 << 16

log = logging.getLogger("cairn.engine")


class Allowance:
    """So many lines at once, and so many more with every second.

    Args:
        clock: Seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left = float(BURST_LINES)
        self._asked_at = clock()

    def take(self) -> bool:
        """Whether one more line may be written."""
        now = self._clock()
        self._left = min(BURST_LINES, self._left + LINES_PER_S * (now - self._asked_at))
        self._asked_at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


async def log_lines(stream: asyncio.StreamReader) -> None:
    """Log everything that comes until the stream ends; what comes too fast is counted and dropped."""
    allowance = Allowance()
    num_dropped = 0
    async for line in _lines(stream):
        if not allowance.take():
            num_dropped += 1
            continue
        if num_dropped:
            log.warning("%d lines were dropped", num_dropped)
            num_dropped = 0
        log.warning("%s", clean(line))
    if num_dropped:
        log.warning("%d lines were dropped", num_dropped)


def clean(line: bytes) -> str:
    """A line as it may be shown: its beginning, without control characters."""
    return sanitize(line[:MAX_LINE_CHARS].decode("utf-8", "replace")).rstrip()


async def _lines(stream: asyncio.StreamReader) -> AsyncGenerator[bytes]:
    """Lines however long they are: only the beginning of one is kept."""
    rest = b""
    while chunk := await stream.read(CHUNK_BYTES):
        *lines, rest = (rest + chunk).split(b"\n")
        rest = rest[:MAX_LINE_CHARS]
        for line in lines:
            yield line
    if rest:
        yield rest
