"""The index of the open folders, built and kept up by one thread that makes way for the editor's requests."""

from __future__ import annotations  # Index is a name for the type checker only

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from assistant.respect import Respect
from lsp.context.excerpt import Excerpt
from lsp.context.files import FoundFile, find_files, read_text, worth_indexing

if TYPE_CHECKING:
    from lsp.context.index import Index

_REST = 2
"""Seconds of rest for each second of work while the index is built. The thread is not niced: a niced thread that holds
the interpreter's lock on a busy machine keeps the editor's requests waiting, up to two seconds when it was tried."""
_TOLD_EVERY = 50
"""Files between two reports of progress."""


class Workspace:
    """Finds similar pieces of code in the folders that are open."""

    def __init__(
        self,
        roots: Sequence[Path],
        respect: Respect,
        on_progress: Callable[[int, int], None] = lambda done, total: None,
        limit_bytes: int = 64_000_000,
    ) -> None:
        """Set it up; nothing is read yet.

        Args:
            roots: The open folders.
            respect: What may be read; asked again before anything is shown.
            on_progress: Called in the event loop with files read and all files, the last time with both the same.
            limit_bytes: Memory of the index.
        """
        self._roots = [Path(os.path.realpath(root)) for root in roots]
        self._respect = respect
        self._on_progress = on_progress
        self._limit_bytes = limit_bytes
        self._changes: SimpleQueue[tuple[Path, str | None] | None] = SimpleQueue()
        self._is_closed = threading.Event()
        self._thread: threading.Thread | None = None

    @cached_property
    def index(self) -> Index:
        """What is found in. It is there from `start` on: numpy is a tenth of the server's own start, and can wait."""
        return import_module("lsp.context.index").Index(self._limit_bytes)

    async def start(self) -> None:
        """Read the workspace; ends when the index is built, or at `close`. Searches find what is there meanwhile."""
        assert self.index is not None  # made here, before there are two threads
        loop = asyncio.get_running_loop()
        built = asyncio.Event()

        def in_loop(call: Callable[..., None], *arguments: int) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody listens
                loop.call_soon_threadsafe(call, *arguments)

        def work() -> None:
            try:
                self._build(lambda done, total: in_loop(self._on_progress, done, total))
            finally:
                in_loop(built.set)
            self._follow()

        self._thread = threading.Thread(target=work, name="workspace index", daemon=True)
        self._thread.start()
        await built.wait()

    def update(self, path: Path, text: str | None) -> None:
        """Hear that a file has changed: its new text, or None to look at what lies on the disk, if anything."""
        self._changes.put((path, text))

    def search(self, query_text: str, *, exclude: Path, limit: int = 4, min_score: float = 0.0) -> list[Excerpt]:
        """Find pieces of other files like a text, best first; see `Index.search`. Paths are the roots'."""
        if self._thread is None:
            return []
        excerpts = self.index.search(query_text, exclude=_place(exclude), limit=2 * limit, min_score=min_score)
        may_read = [found for found in excerpts if self._respect.refusal_to_read(Path(found.path)) is None]
        return [replace(found, path=self._shown(Path(found.path))) for found in may_read[:limit]]

    def close(self) -> None:
        """Stop; what was found is forgotten with the object."""
        self._is_closed.set()
        self._changes.put(None)
        if self._thread is not None:
            self._thread.join(timeout=2)

    def _build(self, tell: Callable[[int, int], None]) -> None:
        files = find_files(self._roots, self._respect, is_cancelled=self._is_closed.is_set)
        for done, file in enumerate(files):
            if self._is_closed.is_set():
                return
            if done % _TOLD_EVERY == 0:
                tell(done, len(files))
            self._take_changes()
            started = time.thread_time()
            if not self._read(file):
                break  # full, and what is left is older
            time.sleep(_REST * (time.thread_time() - started))
        tell(len(files), len(files))

    def _read(self, file: FoundFile) -> bool:
        text = read_text(file.path)
        return text is None or self.index.update(str(file.path), text, file.modified)

    def _take_changes(self) -> None:
        while not self._changes.empty():
            self._apply(self._changes.get())

    def _follow(self) -> None:
        while not self._is_closed.is_set():
            self._apply(self._changes.get())

    def _apply(self, change: tuple[Path, str | None] | None) -> None:
        if change is None:
            return
        path, text = change
        place = _place(path)
        if self._respect.refusal_to_read(path) is not None:
            text = None
        else:
            text = read_text(Path(place)) if text is None else worth_indexing(text)
        if text is None:
            self.index.remove(place)
        else:
            self.index.update(place, text)

    def _shown(self, path: Path) -> str:
        """Return a path as the model reads it; with several roots it begins with the root's name."""
        root = max((root for root in self._roots if path.is_relative_to(root)), key=lambda root: len(root.parts))
        relative = path.relative_to(root).as_posix()
        return relative if len(self._roots) == 1 else f"{root.name}/{relative}"


def _place(path: Path) -> str:
    """Return where a path leads to: a file is in the index once, whatever it is called."""
    try:
        return os.path.realpath(path)
    except ValueError:  # no file can have this name, and none is in the index
        return str(path)
