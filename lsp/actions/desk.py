"""What an action needs of the editor's session. The server's is in `wiring`; tests bring a fake."""

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from lsprotocol import types

from assistant.client import Assistant
from lsp.documents import Document

T = TypeVar("T")
Report = Callable[[str], None]
"""Shows how far the work is."""


class Desk(Protocol):
    """One editor session, as actions see it."""

    @property
    def assistant(self) -> Assistant:
        """The model."""
        ...

    @property
    def capabilities(self) -> types.ClientCapabilities:
        """What the editor announced."""
        ...

    @property
    def roots(self) -> Sequence[Path]:
        """The folders of the workspace."""
        ...

    def document(self, uri: str) -> Document | None:
        """A document whose text is certain and may be read; None otherwise."""
        ...

    async def complete(self, uri: str, position: types.Position) -> str:
        """Complete the code at a position as while typing; empty if there is nothing worth showing."""
        ...

    async def working(
        self, title: str, token: types.ProgressToken | None, work: Callable[[Report], Coroutine[Any, Any, T]]
    ) -> T | None:
        """Run `work` while the editor shows progress; None if the user cancelled it there.

        Cancelling the caller cancels `work`, too.
        """
        ...

    async def apply(self, edit: types.WorkspaceEdit, label: str) -> bool:
        """Let the editor apply an edit; False if it did not, for which a reason was shown if there is one."""
        ...

    async def publish(self, text: str) -> str:
        """Serve Markdown as a virtual document; its URI."""
        ...

    def show_document(self, uri: str) -> None:
        """Open a document in the editor."""
        ...

    def tell(self, kind: types.MessageType, text: str) -> None:
        """Show a message."""
        ...

    def log(self, text: str) -> None:
        """Write into the editor's log."""
        ...
