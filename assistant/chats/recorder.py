"""Saves a chat while it goes on, without holding it up."""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
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
        on_notice: Told in a sentence that a broken file was moved aside.
    """

    def __init__(self, file: Path) -> None:
        self.on_trouble: Callable[[CairnError], None] = lambda _: None
        self.on_notice: Callable[[str], None] = lambda _: None
        self._chats = Chats(file, on_notice=self._noticed)
        self._loop: asyncio.AbstractEventLoop | None = None
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
        self._loop = asyncio.get_running_loop()
        return await asyncio.wrap_future(self._thread.submit(work, self._chats))

    def _plan(self) -> None:
        if self._waiting and not self._timer and not self._running:
            self._timer = asyncio.get_running_loop().call_at(self._begun_s + INTERVAL_S, self._write)

    def _write(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            self._loop = asyncio.get_running_loop()
            self._begun_s = self._loop.time()
            self._running = self._thread.submit(self._chats.save, self._waiting)
            self._running.add_done_callback(lambda done: self._call(self._saved, done))
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

    def _noticed(self, text: str) -> None:
        self._call(lambda told: self.on_notice(told), text)

    def _call(self, callback: Callable[[T], None], value: T) -> None:
        """Back from the thread to the loop; where that has ended, nobody is left to be told."""
        if self._loop:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(callback, value)
