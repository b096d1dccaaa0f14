"""Saves a chat while it goes on, without holding it up."""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from assistant.chats.store import Chats, Exchange
from assistant.errors import CairnError

INTERVAL_S = 0.5
"""Between two saves of a growing answer: whoever is killed loses what came since the last, and one save takes long."""

T = TypeVar("T")


class Recorder:
    """One thread that reads and writes the chats' file in the order in which it is asked to.

    Pending saves are done before the interpreter ends. Use it from one event loop.

    Attributes:
        on_trouble: Told, once, that the file cannot be written; the chat goes on unsaved.
    """

    def __init__(self, chats: Chats, on_trouble: Callable[[CairnError], None] = lambda _: None) -> None:
        self.chats = chats
        self.on_trouble = on_trouble
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="chats")
        self._waiting: Exchange | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._running: Future[None] | None = None
        self._begun_s = -INTERVAL_S
        self._has_told = False

    def save(self, exchange: Exchange) -> None:
        """Save a question at once and an answer's end at once; in between, the newest state twice a second."""
        if self._waiting and self._waiting.turn != exchange.turn:
            self._write()
        self._waiting = exchange
        if exchange.is_over or not exchange.answer:
            self._write()
        else:
            self._plan()

    async def read(self, work: Callable[[Chats], T]) -> T:
        """Do something with the chats after all that was to be saved. Raises what it raises."""
        self._write()
        return await asyncio.wrap_future(self._thread.submit(work, self.chats))

    def _plan(self) -> None:
        if self._waiting and not self._timer and not self._running:
            self._timer = asyncio.get_running_loop().call_at(self._begun_s + INTERVAL_S, self._write)

    def _write(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            loop = asyncio.get_running_loop()
            self._begun_s = loop.time()
            self._running = self._thread.submit(self.chats.save, self._waiting)
            self._running.add_done_callback(lambda done: _call(loop, self._saved, done))
            self._waiting = None

    def _saved(self, done: Future[None]) -> None:
        if done is self._running:
            self._running = None
        self._plan()
        error = done.exception()
        if isinstance(error, CairnError):
            if not self._has_told:
                self._has_told = True
                self.on_trouble(error)
        elif error:
            raise error


def _call(loop: asyncio.AbstractEventLoop, callback: Callable[[Future[None]], None], done: Future[None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended: nobody is left to be told
        loop.call_soon_threadsafe(callback, done)
