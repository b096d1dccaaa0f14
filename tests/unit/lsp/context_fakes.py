"""Documents and workspaces for the tests of what the model sees."""

from collections.abc import Callable
from pathlib import Path

from lsprotocol import types

from lsp.context.view import Files, View, path_of
from lsp.documents import Cursor, Document


def open_document(path: Path, text: str | None = None) -> Document:
    """Open a file as an editor does; with `text`, as it is there but not saved."""
    item = types.TextDocumentItem(path.as_uri(), "", 1, path.read_text() if text is None else text)
    return Document(item, types.PositionEncodingKind.Utf32)


def view(document: Document, files: Files, line: int = 0) -> View:
    """A document seen from the begin of a line."""
    path = path_of(document.uri)
    return View(uri=document.uri, path=path, name=files.name(path), lines=tuple(document.lines), cursor=Cursor(line, 0))


class Workspace:
    """Files in a folder, and documents that are open."""

    def __init__(
        self,
        root: Path,
        may_read: Callable[[Path], bool] = lambda _path: True,
        mask: Callable[[str], str] = str,
    ) -> None:
        self.root = root.resolve()
        self.documents: dict[str, Document] = {}
        self.files = Files([root], may_read=may_read, documents=self.documents, mask=mask)

    def write(self, name: str, text: str) -> Path:
        """Write one file."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def open(self, name: str, text: str | None = None) -> Document:
        """Open a file in the editor; with `text`, it is written first."""
        path = self.root / name
        if text is not None:
            self.write(name, text)
        document = open_document(path)
        self.documents[document.uri] = document
        return document
