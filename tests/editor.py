"""A scripted editor: drives any language server command over stdin and stdout. Built on pytest-lsp's client."""

from typing import Any

from lsprotocol import types
from lsprotocol.types import PositionEncodingKind
from pytest_lsp import LanguageClient, make_test_lsp_client

URI = "file:///workspace/a.py"


def ghost_text_capabilities(*encodings: PositionEncodingKind) -> types.ClientCapabilities:
    """What an editor announces that shows ghost text and offers these encodings (none: UTF-16 by default)."""
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=encodings or None),
        text_document=types.TextDocumentClientCapabilities(
            inline_completion=types.InlineCompletionClientCapabilities()
        ),
    )


def menu_capabilities() -> types.ClientCapabilities:
    """What an editor announces that only has a completion menu."""
    return types.ClientCapabilities(
        text_document=types.TextDocumentClientCapabilities(completion=types.CompletionClientCapabilities())
    )


class Editor:
    """One editor session.

    Attributes:
        client: The protocol's client, for what has no method here.
        server: What the server said it can do.
    """

    def __init__(self, client: LanguageClient, server: types.ServerCapabilities) -> None:
        self.client = client
        self.server = server
        self._versions: dict[str, int] = {}

    @classmethod
    async def start(
        cls,
        command: list[str],
        capabilities: types.ClientCapabilities,
        *,
        name: str = "test",
        options: dict[str, Any] | None = None,
        env: dict[str, str] | None = None,
    ) -> "Editor":
        """Start the server and shake hands with it."""
        client = make_test_lsp_client()
        await client.start_io(*command, env=env)
        params = types.InitializeParams(
            capabilities, client_info=types.ClientInfo(name), initialization_options=options
        )
        result = await client.initialize_session(params)
        return cls(client, result.capabilities)

    async def stop(self) -> None:
        """Shut the server down in good order."""
        await self.client.shutdown_session()
        await self.client.stop()

    def open(self, text: str, uri: str = URI) -> None:
        """Open a document."""
        self._versions[uri] = 1
        item = types.TextDocumentItem(uri, "python", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def edit(self, start: tuple[int, int], end: tuple[int, int], text: str, uri: str = URI) -> None:
        """Replace what stands from `start` to `end`, each a line and a character."""
        self._versions[uri] += 1
        change = types.TextDocumentContentChangePartial(types.Range(types.Position(*start), types.Position(*end)), text)
        document = types.VersionedTextDocumentIdentifier(self._versions[uri], uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    def save(self, text: str, uri: str = URI) -> None:
        """Save a document and tell its text."""
        document = types.TextDocumentIdentifier(uri)
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(document, text))

    async def ghost(self, line: int, character: int, *, request_id: str | None = None, uri: str = URI) -> str | None:
        """Ask for ghost text while typing; the text of the only item, or None."""
        context = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic)
        params = types.InlineCompletionParams(
            context, types.TextDocumentIdentifier(uri), types.Position(line, character)
        )
        items = await self.client.protocol.send_request_async(
            types.TEXT_DOCUMENT_INLINE_COMPLETION, params, msg_id=request_id
        )
        if items is None:
            return None
        (item,) = items
        return item.insert_text

    async def menu(self, line: int, character: int, uri: str = URI) -> list[types.CompletionItem]:
        """Ask for the items of a completion menu."""
        params = types.CompletionParams(types.TextDocumentIdentifier(uri), types.Position(line, character))
        result = await self.client.text_document_completion_async(params)
        return list(result.items) if isinstance(result, types.CompletionList) else []

    def cancel(self, request_id: str) -> None:
        """Cancel a request by the id it was sent with."""
        self.client.cancel_request(types.CancelParams(request_id))
