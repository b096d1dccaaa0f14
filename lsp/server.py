"""The language server: which message leads to what."""

import logging
from typing import cast

from lsprotocol import types

from assistant.client import Assistant
from lsp import complete, indexing, lifecycle, noting, sync
from lsp.actions.wiring import register_actions
from lsp.session import CompletionServer

__all__ = ["CompletionServer", "build_server"]


def build_server(assistant: Assistant) -> CompletionServer:
    """Build a server for one editor that asks `assistant`; `transports` bring them together."""
    logging.getLogger("pygls").setLevel(logging.CRITICAL)  # below that it logs messages, and with them source code
    server = CompletionServer(assistant)
    builtin_features = cast(dict[str, object], server.protocol.fm.builtin_features)  # pyright: ignore[reportUnknownMemberType]
    for method in (types.TEXT_DOCUMENT_DID_OPEN, types.TEXT_DOCUMENT_DID_CHANGE, types.TEXT_DOCUMENT_DID_CLOSE):
        del builtin_features[method]  # pygls's own text store: see `documents`
    server.feature(types.INITIALIZE)(lifecycle.initialize)
    server.feature(types.INITIALIZED)(lifecycle.initialized)
    server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(indexing.did_change_watched_files)
    server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(lifecycle.did_change_configuration)
    server.feature(types.SHUTDOWN)(lifecycle.shutdown)
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(sync.did_open)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(sync.did_change)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE, types.SaveOptions(include_text=True))(sync.did_save)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(sync.did_close)
    server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())(complete.inline_completion)
    server.command(noting.ACCEPTED)(noting.accepted)
    register_actions(server)
    return server
