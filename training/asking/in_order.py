"""Many asked at a time, answers in the order of the questions: a file is the same whoever was quicker."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def in_order(jobs: Iterable[T], work: Callable[[T], Awaitable[R]], *, width: int) -> AsyncGenerator[list[R]]:
    """Yield results in the order of `jobs`, each time as many as are there. At most `width` jobs are begun.

    Leaving the iteration cancels what runs; an error of `work` is raised in its turn, after the results before it.
    """
    running: deque[asyncio.Future[R]] = deque()
    try:
        for job in jobs:
            running.append(asyncio.ensure_future(work(job)))
            if len(running) >= width:
                yield await _ready(running)
        while running:
            yield await _ready(running)
    finally:
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _ready(running: deque[asyncio.Future[R]]) -> list[R]:
    """The next result and those behind it that are there, up to an error."""
    results = [await running.popleft()]
    while running and running[0].done() and running[0].exception() is None:
        results.append(running.popleft().result())
    return results
