"""What an editor can do with an answer, from the capabilities it announced. Pure."""

from collections.abc import Mapping
from typing import cast

from lsprotocol import types


def runs_our_plugin(capabilities: types.ClientCapabilities) -> bool:
    """Whether the editor announced `experimental: {"cairn": true}`: it asks for instructions and shows results."""
    experimental = capabilities.experimental
    return isinstance(experimental, Mapping) and cast(Mapping[str, object], experimental).get("cairn") is True


def edits(capabilities: types.ClientCapabilities) -> types.WorkspaceEditClientCapabilities:
    """What edits may be made of."""
    workspace = capabilities.workspace
    return (workspace and workspace.workspace_edit) or types.WorkspaceEditClientCapabilities()


def code_actions(capabilities: types.ClientCapabilities) -> types.CodeActionClientCapabilities:
    """What code actions may be made of."""
    text_document = capabilities.text_document
    return (text_document and text_document.code_action) or types.CodeActionClientCapabilities()


def creates_files(capabilities: types.ClientCapabilities) -> bool:
    """Whether an edit may make a new file."""
    return types.ResourceOperationKind.Create in (edits(capabilities).resource_operations or ())


def resolves_edits(capabilities: types.ClientCapabilities) -> bool:
    """Whether the editor asks for an action's edit only when the user has chosen it."""
    able = code_actions(capabilities)
    return bool(able.data_support and able.resolve_support and "edit" in able.resolve_support.properties)


def shows_documents(capabilities: types.ClientCapabilities) -> bool:
    """Whether the server may open a document in the editor."""
    window = capabilities.window
    return bool(window and window.show_document and window.show_document.support)


def reads_virtual_documents(capabilities: types.ClientCapabilities) -> bool:
    """Whether the editor takes the text of a document from the server, once told so."""
    workspace = capabilities.workspace
    content = workspace and workspace.text_document_content
    return bool(content and content.dynamic_registration) and shows_documents(capabilities)


def shows_progress(capabilities: types.ClientCapabilities) -> bool:
    """Whether the server may begin a progress of its own."""
    return bool(capabilities.window and capabilities.window.work_done_progress)
