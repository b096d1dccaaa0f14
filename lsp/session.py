"""What one editor session knows, and how it speaks to its user."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Literal, cast
from uuid import uuid4

from lsprotocol import types
from pygls.exceptions import JsonRpcException, PyglsError
from pygls.lsp.server import LanguageServer

from assistant import __version__
from assistant.client import Assistant
from assistant.errors import CairnError
from assistant.sanitize import sanitize
from lsp.acceptance.diary import Diary
from lsp.context.windows import Windows
from lsp.documents import Document
from lsp.latest import Latest
from lsp.menu import MenuShape
from lsp.neighbourhood import Neighbourhood
from lsp.pace import Pace
from lsp.rpc import Protocol
from lsp.settings import Settings
from lsp.shown import Shown

_log = logging.getLogger(__name__)

State = Literal["idle", "busy", "loading", "failed", "off"]
STATUS = "cairn/status"
"""A notification of ours: what a status bar shows, as {"state", "model", "message"}."""


class CompletionServer(LanguageServer):
    """One editor session: its texts, its settings, what is on its screen.

    Attributes:
        client_id: The name under which the daemon knows this session.
        shown: The last suggestion of each document.
        completions: Runs the newest request of each document.
        menu_shape: None where the editor has ghost text and gets no menu.
    """

    def __init__(self, assistant: Assistant) -> None:
        super().__init__("cairn", __version__, protocol_cls=Protocol)  # pyright: ignore[reportUnknownMemberType]
        self.assistant = assistant
        self.settings = Settings()
        self.encoding = types.PositionEncodingKind.Utf16
        self.client_name = ""
        self.menu_shape: MenuShape | None = None
        self.documents: dict[str, Document] = {}
        self.roots: tuple[Path, ...] = ()
        self.neighbourhood = Neighbourhood((), self.settings, self.documents)
        self.windows = Windows()
        self.client_id = f"lsp-{uuid4().hex}"
        self.completions = Latest[Shown | None]()
        self.warm_ups = Latest[None]()
        self.shown: dict[str, Shown] = {}
        self.pace = Pace()
        self.model = ""
        self.diary: Diary | None = None
        self._status: dict[str, str] = {}
        self._told: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._rpc = cast(Protocol, self.protocol)
        self._rpc.on_lost_change = self.distrust

    @property
    def exit_code(self) -> int:
        """0 after an orderly `shutdown`, else 1."""
        return 0 if self._rpc.is_shut_down else 1

    async def aclose(self) -> None:
        """End what still runs for an editor that has left, and the connection to the daemon."""
        self._rpc.cancel_requests()
        for task in self._tasks:
            task.cancel()
        await self.put_away()

    async def put_away(self) -> None:
        """Write down what waits to be, look at no file any more, and leave the daemon."""
        self.neighbourhood.close()
        if self.diary:
            self.diary.close()
            self.diary = None
        await self.assistant.aclose()

    def usable_document(self, uri: str) -> Document | None:
        """Return the document, if it is open, its text certain and not too long, and nothing forbids to look at it."""
        document = self.documents.get(uri)
        if document is None or not document.is_usable:
            return None
        reason = self.neighbourhood.refusal(document)
        if reason is not None:
            self.log_once(f"nothing is completed in {document.uri}: {reason}")
            return None
        return document

    def is_current(self, document: Document, version: int) -> bool:
        """Whether a text has not moved on since."""
        return self.documents.get(document.uri) is document and document.version == version

    def distrust(self, uri: str | None) -> None:
        """A change was lost in a document, or nobody knows in which: believe none until it is saved or opened again."""
        for document in self.documents.values():
            if uri in (document.uri, None):
                document.is_dirty = True
                self.tell_dirty(document)

    def tell_dirty(self, document: Document) -> None:
        """Say that completions pause in a document, and how they come back."""
        self.tell(
            types.MessageType.Warning,
            f"An edit of {document.uri} could not be followed, so completions pause there.\n"
            "Save the file, or open it again.",
        )

    def tell(self, kind: types.MessageType, text: str) -> None:
        """Show a message to the user the first time; afterwards only log it."""
        if text in self._told:
            self.log(text, kind)
            return
        self._told.add(text)
        self.window_show_message(types.ShowMessageParams(kind, text))

    def tell_failure(self, error: CairnError) -> None:
        """Show what went wrong and what to do, and let the status bar say so."""
        text = sanitize(f"{error}\n{error.hint}")
        self.tell(types.MessageType.Error, text)
        self.report_status("failed", text)

    def log(self, text: str, kind: types.MessageType = types.MessageType.Log) -> None:
        """Write a line into the editor's log. Never source text."""
        self.window_log_message(types.LogMessageParams(kind, text))

    def log_once(self, text: str) -> None:
        """Write a line into the log the first time."""
        if text not in self._told:
            self._told.add(text)
            self.log(sanitize(text))

    def report_status(self, state: State, message: str = "") -> None:
        """Say what a status bar shall show, if it is news."""
        status = {"state": state, "model": self.model, "message": message}
        if status != self._status:
            self._status = status
            self._rpc.notify(STATUS, status)

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Let something run for which nobody waits."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def report_server_error(self, error: Exception, source: type[PyglsError] | type[JsonRpcException]) -> None:
        """Log what went wrong outside of the rules; pygls would open a window in the editor."""
        _log.error("%s: %s", source.__name__, error)


def now_s() -> float:
    """The clock of `Pace`."""
    return time.monotonic()
