"""From a document and a position to a question for the model, and from its answer to items of the protocol. Pure."""

import re
from dataclasses import dataclass

from lsprotocol import types

from assistant.protocol import Completion, FimRequest
from lsp.context.windows import Windows, plain
from lsp.documents import Cursor, Document
from lsp.rules import Surroundings, polish, wants_single_line
from lsp.settings import Settings

_WORD = re.compile(r"\w*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    r"""A place to fill. Lines are broken by "\n", whatever the document uses: editors translate on insertion."""

    prefix: str
    suffix: str
    replaced: types.Range
    """What an item replaces, on one line, in the editor's units; ends at the cursor."""
    lead: str
    """What an item has to begin with, before the model's text; `prefix` ends with it."""
    language: str = ""
    """LSP's languageId."""

    @property
    def around(self) -> Surroundings:
        """What the rules look at."""
        return Surroundings(prefix=self.prefix, suffix=self.suffix, language=self.language)


def inline_hole(document: Document, params: types.InlineCompletionParams, windows: Windows) -> Hole:
    """Take the hole for ghost text; if an item of a menu is selected, the hole comes after that item."""
    end = document.locate(params.position)
    selected = params.context.selected_completion_info
    if selected is None:
        return hole_at(document, end, windows)
    return _hole(document, windows, document.locate(selected.range.start), end, selected.text)


def menu_hole(document: Document, params: types.CompletionParams, windows: Windows) -> Hole:
    """Take the hole for an item of a menu, which begins with the word before the cursor."""
    end = document.locate(params.position)
    word = _WORD.search(document.lines[end.line], 0, end.index)
    start = end if word is None else Cursor(end.line, word.start())
    return _hole(document, windows, start, end, document.lines[end.line][start.index : end.index])


def hole_at(document: Document, cursor: Cursor, windows: Windows) -> Hole:
    """Take the hole at a cursor where nothing is selected."""
    return _hole(document, windows, cursor, cursor, "")


def hole_between(prefix: str, suffix: str, language: str) -> Hole:
    """A hole in a text that no editor has open."""
    nowhere = types.Position(0, 0)
    replaced = types.Range(nowhere, nowhere)
    return Hole(prefix=plain(prefix), suffix=plain(suffix), replaced=replaced, lead="", language=language)


def _hole(document: Document, windows: Windows, start: Cursor, end: Cursor, lead: str) -> Hole:
    prefix, suffix = windows.cut(document, start, end)
    return Hole(
        prefix=prefix + plain(lead),
        suffix=suffix,
        replaced=types.Range(document.position(start), document.position(end)),
        lead=lead,
        language=document.language,
    )


def fim_request(hole: Hole, settings: Settings) -> FimRequest:
    """Ask for one line where several would be wrong."""
    return FimRequest(
        prefix=hole.prefix,
        suffix=hole.suffix,
        max_tokens=settings.max_tokens,
        single_line=wants_single_line(hole.around),
    )


def suggestion(hole: Hole, completion: Completion) -> str:
    """Text to put at the cursor, empty if there is none worth showing."""
    if completion.finish_reason == "cancelled":
        return ""
    return polish(completion.text, hole.around, is_torn=completion.finish_reason != "stop").text


def inline_item(hole: Hole, text: str, command: types.Command | None = None) -> types.InlineCompletionItem:
    """Ghost text; the editor runs `command` when all of it was accepted."""
    return types.InlineCompletionItem(insert_text=hole.lead + text, range=hole.replaced, command=command)
