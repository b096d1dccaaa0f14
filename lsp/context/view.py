"""A document and a cursor as they were when the sources were asked, and the files around them that may be shown."""

import os
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote_to_bytes, urlsplit

from lsp.context.excerpt import Excerpt
from lsp.context.windows import plain
from lsp.documents import Cursor, Document

MAX_FILE_BYTES = 1 << 20
SECRET_LINES = 100
"""A key is known by its first line, so many lines above a range are looked at."""
NEAR_LINES = 32
"""So many lines above and below the cursor are "near" it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a source works from. Sources run in threads while the user types on, so nothing in it changes."""

    uri: str
    path: Path | None
    """None: the document is no file."""
    name: str
    """Path as the model reads it."""
    lines: tuple[str, ...]
    cursor: Cursor

    def near(self, num_lines: int = NEAR_LINES) -> str:
        """The text around the cursor."""
        line = self.cursor.line
        return plain("".join(self.lines[max(0, line - num_lines) : line + num_lines + 1]))


class Source(Protocol):
    """Finds excerpts."""

    def find(self, view: View) -> Sequence[Excerpt]:
        """Excerpts that may help at the cursor, the most useful first. Called in a thread."""
        ...


class Files:
    """The files that may be shown to the model. What an editor holds unsaved wins over the disk.

    Args:
        roots: Folders of the workspace.
        may_read: False for secrets, ignored files and the like.
        documents: The editor's open documents by URI; they may change meanwhile.
        mask: Takes secrets out of a text; leaves its lines where they are.
    """

    def __init__(
        self,
        roots: Sequence[Path],
        *,
        may_read: Callable[[Path], bool],
        documents: Mapping[str, Document],
        mask: Callable[[str], str] = str,
    ) -> None:
        self.roots = tuple(map(followed, roots))
        self._may_read = may_read
        self._documents = documents
        self._mask = mask

    def range_of(self, document: Document, first: int, last: int) -> str:
        """Lines `first` to `last` of a document as they may be shown; empty where nothing of it may."""
        path = path_of(document.uri)
        if path is None or not document.is_usable or not self._may_read(path):
            return ""
        above = max(0, first - SECRET_LINES)
        text = self._mask(plain("".join(document.lines[above:last])))
        return text.split("\n", first - above)[-1] if first > above else text

    def name(self, path: Path | None) -> str:
        """Path as the model reads it: relative to its root, else only the file's name."""
        if path is None:
            return ""
        root = next((root for root in self.roots if path.is_relative_to(root)), path.parent)
        return plain(path.relative_to(root).as_posix())

    def stamp(self, path: Path) -> tuple[int, int] | None:
        """Changes when the text does. None: no file of the workspace, or one that may not be read, or a big one.

        Args:
            path: With its links followed: none may lead out of the workspace.
        """
        if not any(path.is_relative_to(root) for root in self.roots):
            return None
        try:
            status = path.stat()
        except OSError:
            return None
        if status.st_size > MAX_FILE_BYTES or not stat.S_ISREG(status.st_mode) or not self._may_read(path):
            return None
        document = self._open_document(path)
        return (id(document), document.version) if document is not None else (status.st_mtime_ns, status.st_size)

    def text(self, path: Path) -> str | None:
        """Its text; None where it cannot be had. Ask `stamp` first: this one does not check what may be read."""
        document = self._open_document(path)
        if document is not None:
            return self._mask(plain("".join(document.lines)))  # joined in one step: no edit comes between
        try:
            return self._mask(plain(path.read_bytes().decode("utf-8", "replace")))
        except OSError:
            return None

    def _open_document(self, path: Path) -> Document | None:
        documents = list(self._documents.values())
        return next((each for each in documents if path_of(each.uri) == path and each.is_usable), None)


@lru_cache(1024)
def path_of(uri: str) -> Path | None:
    """The file that a URI names, links followed; None for other things, as documents without a file."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    name = os.fsdecode(unquote_to_bytes(parts.path.encode("utf-8", "surrogatepass")))
    return followed(Path(name)) if parts.scheme == "file" and name and "\0" not in name else None


def followed(path: Path) -> Path:
    """Where its links lead; one that leads in a circle leads nowhere, which is no error."""
    return Path(os.path.realpath(path))
