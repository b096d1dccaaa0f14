"""From a document and a position to a question for the model, and from its answer to items of the protocol. Pure."""

import re
from dataclasses import dataclass

from lsprotocol import types

from assistant.protocol import Completion, FimRequest
from lsp.documents import Cursor, Document
from lsp.rules import Surroundings, polish, wants_single_line
from lsp.settings import Settings

PREFIX_CHARS = 16_000
SUFFIX_CHARS = 4_000
"""More than a context holds of either; the engine trims to tokens."""

_WORD = re.compile(r"\w*\Z")
_LINE_BREAK = re.compile(r"\r\n?")
_MULTI_LINE_CLIENTS = ("Visual Studio Code", "VSCodium", "code-server", "Eglot")
"""Names that editors start with which insert a menu item of several lines as it is."""


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


def fim_request(hole: Hole, settings: Settings, *, client: str, document: str) -> FimRequest:
    """Ask for one line where several would be wrong."""
    return FimRequest(
        prefix=hole.prefix,
        suffix=hole.suffix,
        max_tokens=settings.max_tokens,
        single_line=wants_single_line(_around(hole)),
        client=client,
        document=document,
    )


def suggestion(hole: Hole, completion: Completion) -> str:
    """Text to put at the cursor, empty if there is none worth showing."""
    if completion.finish_reason == "cancelled":
        return ""
    return polish(completion.text, _around(hole), is_torn=completion.finish_reason != "stop").text


def _around(hole: Hole) -> Surroundings:
    return Surroundings(prefix=hole.prefix, suffix=hole.suffix)


def inline_items(hole: Hole, text: str) -> list[types.InlineCompletionItem]:
    """Ghost text: at most one item."""
    if not text:
        return []
    return [types.InlineCompletionItem(insert_text=hole.lead + text, range=hole.replaced)]


def menu_items(hole: Hole, text: str, *, is_multi_line: bool) -> types.CompletionList:
    """Items for a completion menu: the first line and, where the editor can insert it, the whole text.

    The list is marked incomplete, so that the editor asks again with every character.
    """
    first_line, _, more = text.partition("\n")
    items = [_menu_item(hole, first_line, label=hole.lead + first_line)] if first_line.strip() else []
    if more and is_multi_line:
        headline = first_line or text.strip().partition("\n")[0]
        items.append(_menu_item(hole, text, label=f"{hole.lead}{headline} …"))
    return types.CompletionList(is_incomplete=True, items=items)


def _menu_item(hole: Hole, text: str, *, label: str) -> types.CompletionItem:
    return types.CompletionItem(
        label=label,
        kind=types.CompletionItemKind.Text,
        detail="Cairn",
        documentation=text if "\n" in text else None,
        preselect=True,
        sort_text="0000",
        filter_text=hole.lead or label,
        insert_text_mode=types.InsertTextMode.AsIs,
        text_edit=types.TextEdit(range=hole.replaced, new_text=hole.lead + text),
    )


def takes_multi_line_items(settings: Settings, client_name: str) -> bool:
    """Whether an editor's menu may be given items of several lines."""
    if settings.multi_line_items == "auto":
        return client_name.startswith(_MULTI_LINE_CLIENTS)
    return settings.multi_line_items == "always"
