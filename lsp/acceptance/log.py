"""Writing the acceptance log, in a thread of its own: who types never waits for a disk."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from assistant.database import DatabaseError
from lsp.acceptance.outcome import Outcome
from lsp.acceptance.store import insert, opened, prune

MAX_WAITING = 5_000
"""Outcomes that wait for a disk that is busy or full; what comes then is not logged."""
GATHER_S = 2.0
"""So long outcomes are gathered before they are written together."""
PRUNE_EVERY = 1_000
CLOSE_TIMEOUT_S = 1.0

_log = logging.getLogger(__name__)


class AcceptanceLog:
    """A log that takes outcomes at once and writes them when it can. What it cannot write is dropped and told once.

    Args:
        file: SQLite; it and its folder are made with the first outcome.
        now: Seconds since 1970.
    """

    def __init__(self, file: Path, *, now: Callable[[], float] = time.time, gather_s: float = GATHER_S) -> None:
        self._file = file
        self._now = now
        self._gather_s = gather_s
        self._waiting = queue.SimpleQueue[Outcome | None]()
        self._is_closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._has_complained = False
        self._num_since_prune = PRUNE_EVERY

    def write(self, outcomes: Iterable[Outcome]) -> None:
        """Take outcomes. Never waits and never fails."""
        for outcome in outcomes:
            if self._waiting.qsize() < MAX_WAITING:
                self._waiting.put(outcome)
        if self._thread is None and not self._waiting.empty():
            self._thread = threading.Thread(target=self._run, name="acceptance log", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Write what waits, for at most a second."""
        self._is_closing.set()
        self._waiting.put(None)
        if self._thread:
            self._thread.join(CLOSE_TIMEOUT_S)

    def _run(self) -> None:
        is_last = False
        while not is_last:
            batch = [self._waiting.get()]
            is_last = self._is_closing.wait(self._gather_s)
            batch += [self._waiting.get() for _ in range(self._waiting.qsize())]
            is_last = is_last or None in batch  # closed after the wait
            self._write([outcome for outcome in batch if outcome])

    def _write(self, batch: Sequence[Outcome]) -> None:
        if not batch:
            return
        try:
            with opened(self._file) as connection:
                insert(connection, batch)
                self._num_since_prune += len(batch)
                if self._num_since_prune >= PRUNE_EVERY:
                    prune(connection, self._now())
                    self._num_since_prune = 0
        except DatabaseError as error:
            if not self._has_complained:
                _log.warning("%s\n%s", error, error.hint)
            self._has_complained = True
