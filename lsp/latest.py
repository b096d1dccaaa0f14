"""The rule that only the newest request for a document runs."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """Runs coroutines, at most one for each key: a newer one cancels the older."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[T]] = {}

    async def run(self, key: str, work: Coroutine[Any, Any, T]) -> T | None:
        """Run `work`; None if a newer one took its place.

        Raises:
            CancelledError: The caller was cancelled. `work` is then cancelled too, but not waited for.
        """
        self.cancel(key)
        task = self._tasks[key] = asyncio.create_task(work)
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
            if self._tasks.get(key) is task:
                del self._tasks[key]
        return None if task.cancelled() else task.result()

    def cancel(self, key: str) -> None:
        """End what runs for `key`, if anything does; its caller gets None."""
        older = self._tasks.get(key)
        if older is not None:
            older.cancel()
