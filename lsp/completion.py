"""From a document and a position to a question for the model, and from its answer to items of the protocol. Pure."""

import re
from dataclasses import dataclass

from lsprotocol import types

from assistant.protocol import Completion, FimRequest
from lsp.documents import Cursor, Document
from lsp.rules import is_only_closing, polish
from lsp.settings import Settings

PREFIX_CHARS = 16_000
SUFFIX_CHARS = 4_000
"""More than a context holds of either; the engine trims to tokens."""

_WORD = re.compile(r"\w*\Z")
_LINE_BREAK = re.compile(r"\r\n?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    r"""A place to fill. Lines are broken by "\n", whatever the document uses: editors translate on insertion."""

    prefix: str
    suffix: str
    replaced: types.Range
    """What an item replaces, on one line, in the editor's units; ends at the cursor."""
    lead: str
    """What an item has to begin with, before the model's text; `prefix` ends with it."""


def inline_hole(document: Document, params: types.InlineCompletionParams) -> Hole:
    """Take the hole for ghost text; if an item of a menu is selected, the hole comes after that item."""
    end = document.locate(params.position)
    selected = params.context.selected_completion_info
    if selected is None:
        return _hole(document, end, end, "")
    return _hole(document, document.locate(selected.range.start), end, selected.text)


def menu_hole(document: Document, params: types.CompletionParams) -> Hole:
    """Take the hole for an item of a menu, which begins with the word before the cursor."""
    end = document.locate(params.position)
    word = _WORD.search(document.lines[end.line], 0, end.index)
    start = end if word is None else Cursor(end.line, word.start())
    return _hole(document, start, end, document.lines[end.line][start.index : end.index])


def hole_between(prefix: str, suffix: str) -> Hole:
    """A hole in a text that no editor has open."""
    nowhere = types.Position(0, 0)
    return Hole(prefix=_plain(prefix), suffix=_plain(suffix), replaced=types.Range(nowhere, nowhere), lead="")


def _hole(document: Document, start: Cursor, end: Cursor, lead: str) -> Hole:
    return Hole(
        prefix=_plain(document.before(start, PREFIX_CHARS) + lead),
        suffix=_plain(document.after(end, SUFFIX_CHARS)),
        replaced=types.Range(document.position(start), document.position(end)),
        lead=lead,
    )


def _plain(text: str) -> str:
    r"""Break lines by "\n" only, and mend or replace halves of characters, which no tokenizer takes."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _LINE_BREAK.sub("\n", whole)


def fim_request(hole: Hole, settings: Settings) -> FimRequest:
    """Ask for one line if something other than closing brackets follows on the cursor's line."""
    return FimRequest(
        prefix=hole.prefix,
        suffix=hole.suffix,
        max_tokens=settings.max_tokens,
        single_line=not is_only_closing(hole.suffix.partition("\n")[0]),
    )


def suggestion(hole: Hole, completion: Completion) -> str:
    """Text to put at the cursor, empty if there is none worth showing."""
    if completion.finish_reason == "cancelled":
        return ""
    return polish(
        completion.text,
        line_before=hole.prefix.rpartition("\n")[2],
        suffix=hole.suffix,
        is_torn=completion.finish_reason != "stop",
    )


def inline_item(hole: Hole, text: str, command: types.Command | None = None) -> types.InlineCompletionItem:
    """Ghost text; the editor runs `command` when all of it was accepted."""
    return types.InlineCompletionItem(insert_text=hole.lead + text, range=hole.replaced, command=command)
