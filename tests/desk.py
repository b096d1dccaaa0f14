"""A desk without a server: an editor that announces what a test says, and keeps what it was sent."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from lsprotocol.types import PositionEncodingKind

from lsp.actions.desk import Report
from lsp.documents import Document
from tests.fakes import ScriptedAssistant

T = TypeVar("T")

URI = "file:///workspace/a.py"


class FakeDesk:
    """What actions need of a session.

    Attributes:
        applied: The edits that the editor was asked to apply, and did.
        told: The messages that were shown.
        logged: The lines of the editor's log.
        shown: The documents that were opened in the editor; a published one by its text.
        reports: What the progress said.
        cancel: Cancels the work under way, as the button of the progress does.
    """

    def __init__(
        self,
        text: str,
        assistant: ScriptedAssistant,
        *,
        capabilities: types.ClientCapabilities | None = None,
        completion: str = "",
        uri: str = URI,
        roots: Sequence[Path] = (),
    ) -> None:
        self.assistant = assistant
        self.capabilities = capabilities or types.ClientCapabilities()
        self.roots = roots
        self.open = Document(types.TextDocumentItem(uri, "python", 1, text), PositionEncodingKind.Utf16)
        self.applied: list[types.WorkspaceEdit] = []
        self.told: list[str] = []
        self.logged: list[str] = []
        self.shown: list[str] = []
        self.reports: list[str] = []
        self.cancel: Callable[[], object] = lambda: None
        self._completion = completion

    def document(self, uri: str) -> Document | None:
        """Return the only open document."""
        return self.open if uri == self.open.uri else None

    async def complete(self, uri: str, position: types.Position) -> str:
        """Answer as scripted."""
        return self._completion

    async def working(
        self, title: str, token: types.ProgressToken | None, work: Callable[[Report], Coroutine[Any, Any, T]]
    ) -> T | None:
        """Run, and note the progress."""
        task = asyncio.create_task(work(self.reports.append))
        self.cancel = task.cancel
        self.reports.append(title)
        await asyncio.wait({task})
        return None if task.cancelled() else task.result()

    async def apply(self, edit: types.WorkspaceEdit, label: str) -> bool:
        """Note the edit."""
        self.applied.append(edit)
        return True

    async def publish(self, text: str) -> str:
        """Name a text by itself."""
        return text

    def show_document(self, uri: str) -> None:
        """Note what is shown."""
        self.shown.append(uri)

    def tell(self, kind: types.MessageType, text: str) -> None:
        """Note a message."""
        self.told.append(text)

    def log(self, text: str) -> None:
        """Note a line."""
        self.logged.append(text)


def able(
    *,
    with_versions: bool = False,
    with_annotations: bool = False,
    with_new_files: bool = False,
    with_resolve: bool = False,
    with_tags: bool = False,
    with_virtual_documents: bool = False,
    with_plugin: bool = False,
) -> types.ClientCapabilities:
    """Announce some abilities of an editor."""
    edits = types.WorkspaceEditClientCapabilities(
        document_changes=with_versions,
        change_annotation_support=types.ChangeAnnotationsSupportOptions() if with_annotations else None,
        resource_operations=[types.ResourceOperationKind.Create] if with_new_files else None,
    )
    content = types.TextDocumentContentClientCapabilities(dynamic_registration=True) if with_virtual_documents else None
    kinds = types.ClientCodeActionKindOptions([types.CodeActionKind.QuickFix])
    tags = types.CodeActionTagOptions([types.CodeActionTag.LlmGenerated])
    actions = types.CodeActionClientCapabilities(
        code_action_literal_support=types.ClientCodeActionLiteralOptions(kinds),
        data_support=with_resolve,
        resolve_support=types.ClientCodeActionResolveOptions(["edit"]) if with_resolve else None,
        tag_support=tags if with_tags else None,
    )
    return types.ClientCapabilities(
        workspace=types.WorkspaceClientCapabilities(workspace_edit=edits, text_document_content=content),
        text_document=types.TextDocumentClientCapabilities(code_action=actions),
        window=types.WindowClientCapabilities(show_document=types.ShowDocumentClientCapabilities(support=True)),
        experimental={"cairn": True} if with_plugin else None,
    )
