"""A bar on stderr with the time left, for stages that count tasks; without a terminal a line now and then."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_EVERY_S = 30.0


@contextmanager
def bar(stage: str, total: int) -> Iterator[Callable[[int], None]]:
    """Yields a function that is told how many more are done."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(stage, total).advance
        return
    columns = (TextColumn(stage), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(stage, total=total)
        yield lambda count: progress.advance(task, count)


class _Lines:
    def __init__(self, stage: str, total: int) -> None:
        self._stage, self._total, self._done = stage, total, 0
        self._started = self._said = time.monotonic()

    def advance(self, count: int) -> None:
        self._done += count
        now = time.monotonic()
        if now - self._said < _EVERY_S:
            return
        self._said = now
        left_s = (now - self._started) / self._done * (self._total - self._done)
        print(f"{self._stage} {self._done}/{self._total}, about {left_s:.0f} s left", file=sys.stderr, flush=True)
