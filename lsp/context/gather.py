"""Excerpts of other files for a cursor: asked for seldom, in threads, and never waited for long.

What the model is shown before the document is the beginning of its prompt: another excerpt, and all is computed anew.
So the sources are asked again only when the cursor has gone elsewhere, another document was edited, or the user had a
pause; at every other keystroke the answer is the last one, and costs nothing.
"""

import asyncio
import logging
import time
from asyncio import Future
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Self
from weakref import WeakKeyDictionary

from assistant.protocol import Chunk
from lsp.context.choose import SLACK, choose, settle
from lsp.context.excerpt import Excerpt
from lsp.context.lookalikes import Lookalikes, Search
from lsp.context.recent import Recent
from lsp.context.symbols import Symbols
from lsp.context.view import NEAR_LINES, Files, Source, View, path_of
from lsp.documents import Cursor, Document

_log = logging.getLogger(__name__)

BUDGET_CHARS = 6_000
PAUSE_S = 10.0
DEADLINE_MS = 60
MAX_THREADS = 3
"""One slow source does not hold up the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """A source and its part of the budget."""

    name: str
    source: Source
    share: float


@dataclass(slots=True, eq=False)
class _State:
    """What is known for one document."""

    line: int = 0
    seen_s: float = 0.0
    num_edits_elsewhere: int = -1
    found: dict[str, Sequence[Excerpt]] = field(default_factory=dict[str, Sequence[Excerpt]])
    running: dict[str, Future[Sequence[Excerpt]]] = field(default_factory=dict[str, "Future[Sequence[Excerpt]]"])
    has_news: bool = False
    shown: tuple[Excerpt, ...] = ()


class Gatherer:
    """Gathers excerpts, and remembers for each document what the model was shown last. Lives on one event loop.

    Args:
        files: What may be shown.
        recent: Is told of edits; one of the sources, as a rule.
        portions: The sources.
        num_chars: Budget.
        clock: Seconds.
    """

    def __init__(
        self,
        files: Files,
        recent: Recent,
        portions: Sequence[Portion],
        *,
        num_chars: int = BUDGET_CHARS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._files = files
        self._recent = recent
        self._sources = {portion.name: portion.source for portion in portions}
        self._shares = {portion.name: portion.share for portion in portions}
        self._num_chars = num_chars
        self._clock = clock
        self._states: WeakKeyDictionary[Document, _State] = WeakKeyDictionary()
        self._edits = Counter[str]()
        self._pool = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="context")

    @classmethod
    def of_workspace(cls, files: Files, search: Search | None = None) -> Self:
        """With all the sources there are: imported files, places of recent edits, and an index if there is one."""
        recent = Recent(files)
        portions = [
            Portion(name="symbols", source=Symbols(files), share=0.45),
            Portion(name="recent", source=recent, share=0.25),
        ]
        if search is not None:
            portions.append(Portion(name="lookalikes", source=Lookalikes(search), share=0.3))
        return cls(files, recent, portions)

    def note_edit(self, document: Document, line: int) -> None:
        """A document was edited."""
        self._edits[document.uri] += 1
        self._recent.note_edit(document, line)

    def note_open(self, document: Document) -> None:
        """A document was opened."""
        self._recent.note_open(document)

    def name(self, document: Document) -> str:
        """Its path as the model reads it, for `FimRequest.name`."""
        return self._files.name(path_of(document.uri))

    def close(self) -> None:
        """Ask nobody any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def gather(
        self, document: Document, cursor: Cursor, *, deadline_ms: float = DEADLINE_MS
    ) -> tuple[Excerpt, ...]:
        """Excerpts to show before `document`, in an order that keeps from one keystroke to the next.

        Args:
            document: Where.
            cursor: In it.
            deadline_ms: What is found later is shown the next time.
        """
        state = self._states.setdefault(document, _State())
        if self._is_outdated(state, document, cursor):
            view = self._view(document, cursor)
            self._ask(state, view)
            if state.running:
                await asyncio.wait(state.running.values(), timeout=deadline_ms / 1e3)
        state.seen_s = self._clock()
        if state.has_news:
            state.has_news = False
            near = self._view(document, cursor).near
            wanted = choose(state.found, self._shares, near, num_chars=self._num_chars - self._num_chars // SLACK)
            state.shown = settle(state.shown, wanted, near, num_chars=self._num_chars)
        return state.shown

    def _is_outdated(self, state: _State, document: Document, cursor: Cursor) -> bool:
        is_elsewhere = abs(cursor.line - state.line) > NEAR_LINES
        had_pause = self._clock() - state.seen_s > PAUSE_S
        return is_elsewhere or had_pause or state.num_edits_elsewhere != self._num_edits_elsewhere(document.uri)

    def _num_edits_elsewhere(self, uri: str) -> int:
        return self._edits.total() - self._edits[uri]

    def _view(self, document: Document, cursor: Cursor) -> View:
        path = path_of(document.uri)
        return View(
            uri=document.uri, path=path, name=self._files.name(path), lines=tuple(document.lines), cursor=cursor
        )

    def _ask(self, state: _State, view: View) -> None:
        """Ask every source that is not still busy with the last question."""
        state.line = view.cursor.line
        state.num_edits_elsewhere = self._num_edits_elsewhere(view.uri)
        loop = asyncio.get_running_loop()
        for name, source in self._sources.items():
            if name not in state.running:
                future = state.running[name] = loop.run_in_executor(self._pool, source.find, view)
                future.add_done_callback(lambda done, name=name: _take(state, name, done))


def _take(state: _State, name: str, done: Future[Sequence[Excerpt]]) -> None:
    """Keep what a source found. A source that failed has found nothing: a completion without it is still one."""
    del state.running[name]
    if done.cancelled():
        return
    if (error := done.exception()) is not None:
        _log.warning("the context source %s failed: %s", name, type(error).__name__)
    else:
        state.found[name] = done.result()
        state.has_news = True


def to_chunks(excerpts: Sequence[Excerpt]) -> tuple[Chunk, ...]:
    """What a `FimRequest` says of them."""
    return tuple(Chunk(name=each.path, text=each.text) for each in excerpts)
