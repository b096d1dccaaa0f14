"""A suggestion as items of an ordinary completion menu, in the shape that each editor inserts rightly. Pure.

What editors do with several lines was tried: Visual Studio Code and eglot insert plain text as it is; Neovim cuts plain
text at its first blank, takes a snippet whole, and indents its further lines once more; others insert one line at most.
"""

import re
from dataclasses import dataclass

from lsprotocol import types

from lsp.completion import Hole
from lsp.settings import Settings

_AS_IT_IS = ("Visual Studio Code", "VSCodium", "code-server", "Eglot", "Emacs")
"""Names that editors start with."""
_SNIPPET_SYNTAX = re.compile(r"[\\$}]")
_INDENT = re.compile(r"[ \t]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuShape:
    """How one editor wants its items."""

    is_snippet: bool = False
    """Items are snippets, even those of one line."""
    is_multi_line: bool = False
    """There may be an item of several lines."""


def menu_shape(settings: Settings, client_name: str, *, takes_snippets: bool) -> MenuShape:
    """The shape for an editor by its name; where nobody knows it, what it said of snippets decides."""
    is_known = client_name.startswith(_AS_IT_IS)
    is_multi_line = {"always": True, "never": False, "auto": is_known or takes_snippets}[settings.multi_line_items]
    return MenuShape(is_snippet=takes_snippets and not is_known, is_multi_line=is_multi_line)


def menu_items(hole: Hole, text: str, shape: MenuShape) -> types.CompletionList:
    """Items for a menu: the first line and, where the editor can insert it, the whole text.

    The list is marked incomplete, so that the editor asks again with every character.
    """
    first_line, _, more = text.partition("\n")
    items = [_item(hole, first_line, shape, label=hole.lead + first_line)] if first_line.strip() else []
    if more and shape.is_multi_line and not (shape.is_snippet and _is_outdented(hole, text)):
        headline = first_line or text.strip().partition("\n")[0]
        items.append(_item(hole, text, shape, label=f"{hole.lead}{headline} …"))
    return types.CompletionList(is_incomplete=True, items=items)


def _item(hole: Hole, text: str, shape: MenuShape, *, label: str) -> types.CompletionItem:
    new_text = _snippet(hole, text) if shape.is_snippet else hole.lead + text
    return types.CompletionItem(
        label=label,
        label_details=types.CompletionItemLabelDetails(description="Cairn"),
        kind=types.CompletionItemKind.Text,
        documentation=text if "\n" in text else None,
        preselect=True,
        sort_text="0000",
        filter_text=hole.lead or label,
        insert_text_format=types.InsertTextFormat.Snippet if shape.is_snippet else types.InsertTextFormat.PlainText,
        insert_text_mode=types.InsertTextMode.AsIs,
        text_edit=types.TextEdit(range=hole.replaced, new_text=new_text),
    )


def _snippet(hole: Hole, text: str) -> str:
    """The text with the syntax of snippets escaped, and further lines relative to the cursor's line."""
    indent = _line_indent(hole)
    lines = [line.removeprefix(indent) for line in (hole.lead + text).split("\n")]
    lines[0] = (hole.lead + text).partition("\n")[0]
    return _SNIPPET_SYNTAX.sub(lambda match: "\\" + match.group(), "\n".join(lines))


def _is_outdented(hole: Hole, text: str) -> bool:
    """Whether a further line stands left of the cursor's: no snippet can say so."""
    indent = _line_indent(hole)
    return any(line.strip() and not line.startswith(indent) for line in text.split("\n")[1:])


def _line_indent(hole: Hole) -> str:
    match = _INDENT.match(hole.prefix.rpartition("\n")[2])
    return match.group() if match else ""
