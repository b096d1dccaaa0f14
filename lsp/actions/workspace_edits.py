"""Edits as an editor can take them: with version and annotations where it knows these. Pure."""

from collections.abc import Sequence

from lsprotocol import types

from lsp.actions import abilities
from lsp.documents import Document

_ANNOTATION = "cairn"


def changing(
    document: Document, edits: Sequence[types.TextEdit], label: str, capabilities: types.ClientCapabilities
) -> types.WorkspaceEdit:
    """Change a document; the editor asks before, where it can, and refuses if the text has changed meanwhile."""
    able = abilities.edits(capabilities)
    if not able.document_changes:
        return types.WorkspaceEdit(changes={document.uri: list(edits)})
    is_annotated = able.change_annotation_support is not None
    identifier = types.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
    change = types.TextDocumentEdit(identifier, [_annotated(edit) if is_annotated else edit for edit in edits])
    return types.WorkspaceEdit(
        document_changes=[change], change_annotations=_annotations(label) if is_annotated else None
    )


def inserting(
    document: Document, position: types.Position, text: str, capabilities: types.ClientCapabilities
) -> types.WorkspaceEdit:
    """Insert a completion; asked for like any other, it needs no confirmation."""
    edits = [types.TextEdit(types.Range(position, position), text)]
    if not abilities.edits(capabilities).document_changes:
        return types.WorkspaceEdit(changes={document.uri: edits})
    identifier = types.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(identifier, edits)])


def creating(uri: str, text: str, label: str, capabilities: types.ClientCapabilities) -> types.WorkspaceEdit:
    """Make a new file with a text. One that exists is never overwritten: the whole edit fails."""
    is_annotated = abilities.edits(capabilities).change_annotation_support is not None
    start = types.Position(0, 0)
    edit = types.TextEdit(types.Range(start, start), text)
    create = types.CreateFile(
        uri,
        options=types.CreateFileOptions(overwrite=False, ignore_if_exists=False),
        annotation_id=_ANNOTATION if is_annotated else None,
    )
    fill = types.TextDocumentEdit(
        types.OptionalVersionedTextDocumentIdentifier(uri), [_annotated(edit) if is_annotated else edit]
    )
    annotations = _annotations(label) if is_annotated else None
    return types.WorkspaceEdit(document_changes=[create, fill], change_annotations=annotations)


def _annotated(edit: types.TextEdit) -> types.AnnotatedTextEdit:
    return types.AnnotatedTextEdit(_ANNOTATION, edit.range, edit.new_text)


def _annotations(label: str) -> dict[str, types.ChangeAnnotation]:
    return {_ANNOTATION: types.ChangeAnnotation(label, needs_confirmation=True, description="written by a model")}
