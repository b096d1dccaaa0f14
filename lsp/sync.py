"""The editor's texts, as it tells them. What it never opened is left alone; no file is read from disk here."""

from lsprotocol import types

from lsp.complete import warm_up
from lsp.documents import Document
from lsp.noting import note_closed, note_edits
from lsp.session import CompletionServer, now_s


def did_open(ls: CompletionServer, params: types.DidOpenTextDocumentParams) -> None:
    """Take a document over from the editor."""
    document = Document(params.text_document, ls.encoding)
    ls.documents[document.uri] = document
    ls.neighbourhood.opened(document)
    ls.in_background(ls.warm_ups.run("", warm_up(ls)))


def did_change(ls: CompletionServer, params: types.DidChangeTextDocumentParams) -> None:
    """Follow an edit."""
    document = ls.documents.get(params.text_document.uri)
    if document is None:
        return
    was_dirty = document.is_dirty
    edits = document.change(params.text_document.version, params.content_changes)
    note_edits(ls, document, edits)
    ls.neighbourhood.edited(document, edits)
    ls.pace.typed(now_s())
    if document.is_dirty and not was_dirty:
        ls.tell_dirty(document)


def did_save(ls: CompletionServer, params: types.DidSaveTextDocumentParams) -> None:
    """Take the saved text if our copy is in doubt, and into the index."""
    ls.neighbourhood.changed_on_disk(params.text_document.uri, params.text)
    document = ls.documents.get(params.text_document.uri)
    if document is not None and document.is_dirty and params.text is not None:
        document.replace(params.text)


def did_close(ls: CompletionServer, params: types.DidCloseTextDocumentParams) -> None:
    """Forget a document."""
    ls.documents.pop(params.text_document.uri, None)
    note_closed(ls, params.text_document.uri)
    ls.shown.pop(params.text_document.uri, None)
    ls.completions.cancel(params.text_document.uri)
