"""A suggestion in an ordinary completion menu, in the shape that the editor inserts rightly."""

import pytest
from lsprotocol import types
from lsprotocol.types import PositionEncodingKind as Encoding

from lsp.completion import Hole, menu_hole
from lsp.context.windows import Windows
from lsp.documents import Document
from lsp.menu import MenuShape, menu_items, menu_shape
from lsp.settings import Settings

URI = "file:///a.py"
ONE_LINE = MenuShape()
AS_IT_IS = MenuShape(is_multi_line=True)
SNIPPET = MenuShape(is_snippet=True, is_multi_line=True)


def hole_at(text: str, line: int, character: int) -> Hole:
    """Take the hole for a menu."""
    document = Document(types.TextDocumentItem(URI, "python", 1, text), Encoding.Utf16)
    return menu_hole(
        document, types.CompletionParams(types.TextDocumentIdentifier(URI), types.Position(line, character)), Windows()
    )


def new_texts(menu: types.CompletionList) -> list[str]:
    """What each item inserts."""
    return [item.text_edit.new_text for item in menu.items if item.text_edit]


def test_an_item_replaces_the_word_before_the_cursor() -> None:
    """Editors filter by the typed word, so label, filter text and edit begin with it."""
    hole = hole_at("x = ret", 0, 7)

    (item,) = menu_items(hole, "urn_value(1)", ONE_LINE).items

    assert hole.prefix == "x = ret"
    assert (item.label, item.filter_text) == ("return_value(1)", "ret")
    assert item.text_edit == types.TextEdit(types.Range(types.Position(0, 4), types.Position(0, 7)), "return_value(1)")


def test_there_is_one_line_unless_the_editor_can_do_more() -> None:
    """Several lines come as a second item, with the text in view, and the list asks to be asked again."""
    hole = hole_at("de", 0, 2)
    text = "f f():\n    return 1"

    plain = menu_items(hole, text, ONE_LINE)
    rich = menu_items(hole, text, AS_IT_IS)

    assert [item.label for item in plain.items] == ["def f():"]
    assert [item.label for item in rich.items] == ["def f():", "def f(): …"]
    assert rich.items[1].documentation == text
    assert rich.items[1].insert_text_mode == types.InsertTextMode.AsIs
    assert rich.is_incomplete


def test_a_text_that_begins_with_a_line_break_has_no_single_line_item() -> None:
    """An empty line is nothing to choose."""
    hole = hole_at("def f():", 0, 8)

    assert menu_items(hole, "\n    return 1", ONE_LINE).items == []
    assert [item.label for item in menu_items(hole, "\n    return 1", AS_IT_IS).items] == ["return 1 …"]


def test_a_snippet_holds_no_syntax_of_snippets() -> None:
    """What the model wrote is text, also where it looks like a placeholder."""
    (item,) = menu_items(hole_at("x = ", 0, 4), "f'${a}\\n'", SNIPPET).items

    assert item.text_edit
    assert item.text_edit.new_text == "f'\\${a\\}\\\\n'"
    assert item.insert_text_format == types.InsertTextFormat.Snippet


def test_further_lines_of_a_snippet_are_relative_to_the_line_of_the_cursor() -> None:
    """The editor indents them once more."""
    hole = hole_at("    if x:", 0, 9)

    assert new_texts(menu_items(hole, "\n        return 1\n    y = 2", SNIPPET)) == [
        ":\n    return 1\ny = 2".lstrip(":")
    ]


def test_a_snippet_that_would_have_to_go_left_is_left_out() -> None:
    """Relative to the cursor's line there is no such indentation."""
    hole = hole_at("    x = ", 0, 8)

    assert new_texts(menu_items(hole, "1\ny = 2", SNIPPET)) == ["1"]


@pytest.mark.parametrize(
    ("name", "takes_snippets", "shape"),
    [
        ("Visual Studio Code - Insiders", True, AS_IT_IS),
        ("Eglot", False, AS_IT_IS),
        ("Neovim", True, SNIPPET),
        ("helix", True, SNIPPET),
        ("", False, ONE_LINE),
    ],
)
def test_the_shape_goes_by_the_name_and_by_what_the_editor_says_of_snippets(
    name: str, takes_snippets: bool, shape: MenuShape
) -> None:
    """Those that were tried get what they insert rightly."""
    assert menu_shape(Settings(), name, takes_snippets=takes_snippets) == shape


def test_the_setting_overrules_the_name() -> None:
    """A user knows their editor."""
    assert menu_shape(Settings(multi_line_items="always"), "", takes_snippets=False).is_multi_line
    assert not menu_shape(Settings(multi_line_items="never"), "Eglot", takes_snippets=False).is_multi_line
