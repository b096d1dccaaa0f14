"""The language server: which message leads to what. Texts are kept by `documents`, items made by `completion`."""

import asyncio
import logging
import os
from typing import cast
from uuid import uuid4

from lsprotocol import types
from pygls.exceptions import JsonRpcException, PyglsError
from pygls.lsp.server import LanguageServer

from assistant import __version__
from assistant.client import Assistant
from assistant.errors import CairnError
from assistant.protocol import Completion, FimRequest
from assistant.sanitize import sanitize
from lsp.actions.wiring import register_actions
from lsp.completion import (
    Hole,
    fim_request,
    inline_hole,
    inline_items,
    menu_hole,
    menu_items,
    suggestion,
    takes_multi_line_items,
)
from lsp.documents import Document
from lsp.latest import Latest
from lsp.rpc import Protocol
from lsp.settings import Settings, read_settings

_log = logging.getLogger(__name__)

_TRIGGER_CHARACTERS = (".", "(", "[", "{", ",", "=", ":", " ")


class CompletionServer(LanguageServer):
    """What one editor session knows. The handlers below are its methods as pygls wants them: functions."""

    def __init__(self, assistant: Assistant) -> None:
        super().__init__("cairn", __version__, protocol_cls=Protocol)  # pyright: ignore[reportUnknownMemberType]
        self.assistant = assistant
        self.settings = Settings()
        self.encoding = types.PositionEncodingKind.Utf16
        self.client_name = ""
        self.documents: dict[str, Document] = {}
        self._client_id = f"lsp-{uuid4().hex}"
        self._completions = Latest[Completion]()
        self._told: set[str] = set()
        self._rpc = cast(Protocol, self.protocol)
        self._rpc.on_lost_change = self.distrust_documents

    @property
    def exit_code(self) -> int:
        """0 after an orderly `shutdown`, else 1."""
        return 0 if self._rpc.is_shut_down else 1

    async def suggest(self, document: Document, hole: Hole) -> str:
        """Ask the model; empty if it has nothing, failed, or the document or its newest request has moved on."""
        version = document.version
        request = fim_request(hole, self.settings, client=self._client_id, document=document.uri)
        try:
            completion = await self._completions.run(document.uri, self._complete(request))
        except CairnError as error:
            self.tell(types.MessageType.Error, sanitize(f"{error}\n{error.hint}"))
            return ""
        is_current = self.documents.get(document.uri) is document and document.version == version
        return suggestion(hole, completion) if completion is not None and is_current else ""

    async def _complete(self, request: FimRequest) -> Completion:
        await asyncio.sleep(self.settings.debounce_ms / 1000)
        return await self.assistant.complete(request)

    def usable_document(self, uri: str) -> Document | None:
        """Return the document, if it is open and its text certain and not too long."""
        document = self.documents.get(uri)
        return document if document is not None and document.is_usable else None

    def distrust_documents(self) -> None:
        """A change was lost, and nobody knows in which document: believe none until it is saved or opened again."""
        for document in self.documents.values():
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
            self.window_log_message(types.LogMessageParams(kind, text))
            return
        self._told.add(text)
        self.window_show_message(types.ShowMessageParams(kind, text))

    def report_server_error(self, error: Exception, source: type[PyglsError] | type[JsonRpcException]) -> None:
        """Log what went wrong outside of the rules; pygls would open a window in the editor."""
        _log.error("%s: %s", source.__name__, error)


def build_server(assistant: Assistant) -> CompletionServer:
    """Build a server that asks `assistant`; `start_io` runs it."""
    logging.getLogger("pygls").setLevel(logging.CRITICAL)  # below that it logs messages, and with them source code
    server = CompletionServer(assistant)
    builtin_features = cast(dict[str, object], server.protocol.fm.builtin_features)  # pyright: ignore[reportUnknownMemberType]
    for method in (types.TEXT_DOCUMENT_DID_OPEN, types.TEXT_DOCUMENT_DID_CHANGE, types.TEXT_DOCUMENT_DID_CLOSE):
        del builtin_features[method]  # pygls's own text store: see `documents`
    server.feature(types.INITIALIZE)(initialize)
    server.feature(types.SHUTDOWN)(shutdown)
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(did_open)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(did_change)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE, types.SaveOptions(include_text=True))(did_save)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(did_close)
    server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())(inline_completion)
    register_actions(server)
    return server


def initialize(ls: CompletionServer, params: types.InitializeParams) -> None:
    """Agree on units and settings; offer menu items only to an editor that has no ghost text."""
    ls.encoding = types.PositionEncodingKind(ls.workspace.position_encoding)
    ls.client_name = params.client_info.name if params.client_info else ""
    ls.settings, complaints = read_settings(params.initialization_options)
    for complaint in complaints:
        ls.tell(types.MessageType.Warning, complaint)
    text_document = params.capabilities.text_document
    if text_document is None or text_document.inline_completion is None:
        options = types.CompletionOptions(trigger_characters=_TRIGGER_CHARACTERS)
        ls.feature(types.TEXT_DOCUMENT_COMPLETION, options)(completion)
    if params.process_id is not None:
        _end_with_process(params.process_id)


async def shutdown(ls: CompletionServer, _: None) -> None:
    """Close the connection to the daemon."""
    await ls.assistant.aclose()


def did_open(ls: CompletionServer, params: types.DidOpenTextDocumentParams) -> None:
    """Take a document over from the editor."""
    ls.documents[params.text_document.uri] = Document(params.text_document, ls.encoding)


def did_change(ls: CompletionServer, params: types.DidChangeTextDocumentParams) -> None:
    """Follow an edit. What the editor never opened is left alone; no file is read from disk."""
    document = ls.documents.get(params.text_document.uri)
    if document is None:
        return
    was_dirty = document.is_dirty
    document.change(params.text_document.version, params.content_changes)
    if document.is_dirty and not was_dirty:
        ls.tell_dirty(document)


def did_save(ls: CompletionServer, params: types.DidSaveTextDocumentParams) -> None:
    """Take the saved text if our copy is in doubt."""
    document = ls.documents.get(params.text_document.uri)
    if document is not None and document.is_dirty and params.text is not None:
        document.replace(params.text)


def did_close(ls: CompletionServer, params: types.DidCloseTextDocumentParams) -> None:
    """Forget a document."""
    ls.documents.pop(params.text_document.uri, None)


async def inline_completion(
    ls: CompletionServer, params: types.InlineCompletionParams
) -> list[types.InlineCompletionItem] | None:
    """Answer with ghost text."""
    document = ls.usable_document(params.text_document.uri)
    is_wanted = ls.settings.automatic or params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
    if document is None or not is_wanted:
        return None
    hole = inline_hole(document, params)
    return inline_items(hole, await ls.suggest(document, hole)) or None


async def completion(ls: CompletionServer, params: types.CompletionParams) -> types.CompletionList | None:
    """Answer with items for a menu."""
    document = ls.usable_document(params.text_document.uri)
    if document is None:
        return None
    hole = menu_hole(document, params)
    text = await ls.suggest(document, hole)
    return menu_items(hole, text, is_multi_line=takes_multi_line_items(ls.settings, ls.client_name)) if text else None


def _end_with_process(process_id: int) -> None:
    """End this process when the editor's ends, even while stdin is held open by somebody else."""
    try:
        pidfd = os.pidfd_open(process_id)
    except ProcessLookupError:
        return  # an editor outside of our container; the end of stdin has to do
    asyncio.get_running_loop().add_reader(pidfd, os._exit, 1)  # a thread waits in stdin.read: only _exit gets past it
