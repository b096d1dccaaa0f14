"""The folders of a session: what may be read of them, and what of other files the model sees."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from assistant.respect import SECRET_PATTERNS, Respect, without_secrets
from lsp.context.excerpt import Excerpt
from lsp.context.gather import DEADLINE_MS, Gatherer
from lsp.context.view import Files, path_of
from lsp.context.workspace import Workspace
from lsp.documents import AppliedEdit, Cursor, Document
from lsp.settings import Settings


class Neighbourhood:
    """What the settings and the ignore files leave of the world around a document.

    Args:
        roots: The open folders.
        settings: Which files and languages are left alone, and whether other files are shown to the model at all.
        documents: The editor's, by URI; the mapping is looked into whenever something is asked.

    Attributes:
        on_progress: Hears of files read and all files, while `index` runs.
    """

    def __init__(
        self,
        roots: Sequence[Path],
        settings: Settings,
        documents: Mapping[str, Document],
    ) -> None:
        self.on_progress: Callable[[int, int], None] = lambda done, total: None
        self._settings = settings
        self._respect = Respect(roots, (*SECRET_PATTERNS, *settings.secret_patterns), settings.languages_off)
        files = Files(
            roots,
            may_read=lambda path: self._respect.refusal(path) is None,
            documents=documents,
            mask=without_secrets,
        )
        self._workspace = Workspace(roots, self._respect, lambda done, total: self.on_progress(done, total))
        self._gatherer = Gatherer.of_workspace(files, self._workspace)

    def refusal(self, document: Document) -> str | None:
        """Why nothing may be completed in a document; None: it may."""
        path = path_of(document.uri)
        if path is not None:
            return self._respect.refusal(path, document.language)
        return f"{document.language} is switched off" if document.language in self._settings.languages_off else None

    def name(self, document: Document) -> str:
        """Its path, as the model reads it."""
        return self._gatherer.name(document)

    async def index(self) -> None:
        """Read the folders; ends when that is done. Nothing is read where other files are not shown."""
        if self._settings.cross_file:
            await self._workspace.start()

    async def excerpts(
        self, document: Document, cursor: Cursor, *, deadline_ms: float = DEADLINE_MS
    ) -> tuple[Excerpt, ...]:
        """Pieces of other files that may help there; see `Gatherer.gather`."""
        if not self._settings.cross_file:
            return ()
        return await self._gatherer.gather(document, cursor, deadline_ms=deadline_ms)

    def opened(self, document: Document) -> None:
        """A document was opened."""
        self._gatherer.note_open(document)

    def edited(self, document: Document, edits: Iterable[AppliedEdit | None]) -> None:
        """A document was edited; None stands for a whole new text."""
        for edit in edits:
            self._gatherer.note_edit(document, edit.start.line if edit else 0)

    def changed_on_disk(self, uri: str, text: str | None = None) -> None:
        """A file was saved with this text; None: it has changed, is new or gone."""
        path = path_of(uri)
        if path is not None and self._settings.cross_file:
            self._workspace.update(path, text)

    def close(self) -> None:
        """Ask for nothing any more."""
        self._gatherer.close()
        self._workspace.close()
