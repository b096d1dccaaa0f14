"""The actions at a real server: features, commands, and the desk they work at."""

import asyncio
import inspect
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import uuid4

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from assistant.client import Assistant
from assistant.sanitize import sanitize
from lsp.actions import abilities
from lsp.actions.desk import Report
from lsp.actions.listing import Listed, list_actions
from lsp.actions.perform import COMMANDS, execute, resolve
from lsp.actions.progress import Progress
from lsp.complete import suggest
from lsp.completion import inline_hole
from lsp.documents import Document
from lsp.session import CompletionServer

T = TypeVar("T")

SCHEME = "cairn"
MAX_PUBLISHED = 20


class SessionDesk:
    """A server's session, as actions see it."""

    def __init__(self, server: CompletionServer) -> None:
        self._server = server
        self._published: OrderedDict[str, str] = OrderedDict()

    @property
    def assistant(self) -> Assistant:
        """The server's."""
        return self._server.assistant

    @property
    def capabilities(self) -> types.ClientCapabilities:
        """What the editor announced."""
        return self._server.client_capabilities

    @property
    def roots(self) -> Sequence[Path]:
        """The folders of the workspace."""
        return self._server.roots

    def document(self, uri: str) -> Document | None:
        """Return an open document whose text is certain."""
        return self._server.usable_document(uri)

    async def complete(self, uri: str, position: types.Position) -> str:
        """Complete as for ghost text that was asked for."""
        document = self._server.usable_document(uri)
        if document is None:
            return ""
        context = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked)
        params = types.InlineCompletionParams(context, types.TextDocumentIdentifier(uri), position)
        hole = inline_hole(document, params, self._server.windows)
        shown = await suggest(self._server, document, hole, is_manual=True)
        return shown.text if shown else ""

    async def working(
        self, title: str, token: types.ProgressToken | None, work: Callable[[Report], Coroutine[Any, Any, T]]
    ) -> T | None:
        """Run with progress; see `Desk`."""
        progress = await Progress.begin(self._server, title, token)
        task = asyncio.create_task(work(progress.report))
        progress.on_cancel(task.cancel)
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
            progress.end()
        return None if task.cancelled() else task.result()

    async def apply(self, edit: types.WorkspaceEdit, label: str) -> bool:
        """Send `workspace/applyEdit`. A user who was asked and said no needs no message."""
        request = self._server.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, label))
        answered = asyncio.ensure_future(request)
        await asyncio.wait({answered})  # its answer comes even after a cancel, and must find somebody who waits
        error = answered.exception()
        applied = error is None and answered.result().applied
        reason = answered.result().failure_reason if error is None else str(error)
        if not applied and reason:
            self.tell(types.MessageType.Warning, sanitize(f"the editor did not edit: {reason}"))
        return applied

    async def publish(self, text: str) -> str:
        """Keep a text for `workspace/textDocumentContent`; the first one registers that we answer it."""
        if not self._published:
            options = types.TextDocumentContentRegistrationOptions([SCHEME])
            registration = types.Registration(uuid4().hex, types.WORKSPACE_TEXT_DOCUMENT_CONTENT, options)
            await self._server.client_register_capability_async(types.RegistrationParams([registration]))
        uri = f"{SCHEME}:/{uuid4().hex[:8]}.md"
        self._published[uri] = text
        if len(self._published) > MAX_PUBLISHED:
            self._published.popitem(last=False)
        return uri

    def published(self, uri: str) -> str:
        """The text of a virtual document.

        Raises:
            JsonRpcInvalidParams: There is none of that name, or not any more.
        """
        if uri not in self._published:
            raise JsonRpcInvalidParams("there is no such text any more; run the command again")
        return self._published[uri]

    def show_document(self, uri: str) -> None:
        """Send `window/showDocument`, if the editor takes it; nothing depends on the answer."""
        if abilities.shows_documents(self.capabilities):
            self._server.window_show_document(types.ShowDocumentParams(uri, take_focus=True))

    def tell(self, kind: types.MessageType, text: str) -> None:
        """Show a message, every time: it answers what the user has just asked for."""
        self._server.window_show_message(types.ShowMessageParams(kind, text))

    def log(self, text: str) -> None:
        """Write into the editor's log."""
        self._server.window_log_message(types.LogMessageParams(types.MessageType.Info, text))


def register_actions(server: CompletionServer) -> None:
    """Let a server answer for commands and code actions."""
    desk = SessionDesk(server)

    async def execute_command(params: types.ExecuteCommandParams) -> object:
        if params.command in COMMANDS:
            return await execute(desk, params.command, next(iter(params.arguments or ()), None), params.work_done_token)
        return await _other_command(server, params)

    def code_action(params: types.CodeActionParams) -> Sequence[Listed] | None:
        document = desk.document(params.text_document.uri)
        return None if document is None else list_actions(document, params, desk.capabilities)

    async def code_action_resolve(params: types.CodeAction) -> types.CodeAction:
        return await resolve(desk, params)

    def text_document_content(params: types.TextDocumentContentParams) -> types.TextDocumentContentResult:
        return types.TextDocumentContentResult(desk.published(params.uri))

    builtin_features = cast(dict[str, object], server.protocol.fm.builtin_features)  # pyright: ignore[reportUnknownMemberType]
    del builtin_features[types.WORKSPACE_EXECUTE_COMMAND]  # pygls's own runs on when it is cancelled
    server.feature(types.WORKSPACE_EXECUTE_COMMAND)(execute_command)
    for command in COMMANDS:
        server.command(command)(execute_command)  # only so that the command is announced
    options = types.CodeActionOptions(
        code_action_kinds=[types.CodeActionKind.QuickFix, types.CodeActionKind.Refactor], resolve_provider=True
    )
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)(code_action)
    server.feature(types.CODE_ACTION_RESOLVE)(code_action_resolve)
    server.feature(types.WORKSPACE_TEXT_DOCUMENT_CONTENT)(text_document_content)


async def _other_command(server: CompletionServer, params: types.ExecuteCommandParams) -> object:
    """Run a command that was registered elsewhere by `server.command`."""
    commands = cast(dict[str, Callable[..., object]], server.protocol.fm.commands)  # pyright: ignore[reportUnknownMemberType]
    if params.command not in commands:
        raise JsonRpcInvalidParams(f"there is no command {params.command}")
    result = commands[params.command](*(params.arguments or ()))
    return await result if inspect.isawaitable(result) else result
