"""The beginning, the settings and the end of an editor session."""

from pathlib import Path
from typing import cast

from lsprotocol import types
from pygls import uris

from lsp.complete import completion
from lsp.indexing import build_index, move_in, watch_files
from lsp.menu import menu_shape
from lsp.noting import keep_diary
from lsp.session import CompletionServer
from lsp.settings import Settings, read_settings

TRIGGER_CHARACTERS = (".", "(", "[", "{", ",", "=", ":", " ")
SECTION = "cairn"
"""Under which an editor keeps our settings."""


def initialize(ls: CompletionServer, params: types.InitializeParams) -> None:
    """Agree on units and settings; offer menu items only to an editor that has no ghost text."""
    ls.encoding = types.PositionEncodingKind(ls.workspace.position_encoding)
    ls.client_name = params.client_info.name if params.client_info else ""
    ls.roots = _roots(params)
    _take_settings(ls, params.initialization_options)
    move_in(ls)
    text_document = params.capabilities.text_document
    if text_document is None or text_document.inline_completion is None:
        ls.menu_shape = menu_shape(ls.settings, ls.client_name, takes_snippets=_takes_snippets(text_document))
        options = types.CompletionOptions(trigger_characters=TRIGGER_CHARACTERS)
        ls.feature(types.TEXT_DOCUMENT_COMPLETION, options)(completion)


def initialized(ls: CompletionServer, _: types.InitializedParams) -> None:
    """Look around, now that the editor takes questions."""
    ls.in_background(build_index(ls))
    ls.in_background(watch_files(ls))


def did_change_configuration(ls: CompletionServer, params: types.DidChangeConfigurationParams) -> None:
    """Take new settings, if the editor sends ours; those that it keeps for itself are none of our business."""
    settings = cast(object, params.settings)
    if isinstance(settings, dict) and SECTION in settings:
        before = ls.settings
        _take_settings(ls, cast(dict[str, object], settings)[SECTION])
        if _what_is_read(ls.settings) != _what_is_read(before):
            move_in(ls)
            ls.in_background(build_index(ls))


async def shutdown(ls: CompletionServer, _: None) -> None:
    """Put away what was opened."""
    await ls.put_away()


def _take_settings(ls: CompletionServer, options: object) -> None:
    ls.settings, complaints = read_settings(options)
    keep_diary(ls)
    for complaint in complaints:
        ls.tell(types.MessageType.Warning, complaint)


def _what_is_read(settings: Settings) -> tuple[object, ...]:
    return settings.cross_file, settings.languages_off, settings.secret_patterns


def _roots(params: types.InitializeParams) -> tuple[Path, ...]:
    """The folders that are open."""
    folders = params.workspace_folders or ()
    names = [folder.uri for folder in folders] or ([params.root_uri] if params.root_uri else [])
    return tuple(Path(path) for name in names if (path := uris.to_fs_path(name)))


def _takes_snippets(text_document: types.TextDocumentClientCapabilities | None) -> bool:
    completion = text_document.completion if text_document else None
    item = completion.completion_item if completion else None
    return bool(item and item.snippet_support)
