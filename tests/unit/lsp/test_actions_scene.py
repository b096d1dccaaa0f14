"""A document and a range become what the model is shown."""

import pytest
from lsprotocol import types
from lsprotocol.types import PositionEncodingKind as Encoding

from assistant.errors import InputError
from lsp.actions.scene import MAX_CONTEXT_TOKENS, Room, block_at, name_of, room_in, scene_at
from lsp.documents import Document, split_lines

ROOM = room_in(4096)

PYTHON = """\
import os

class A:
    @cached
    def f(
        self,
    ) -> int:
        if self:

            return 1
        else:
            return 2

    def g(self):
        return 3

x = 1
y = 2
"""
SCRIPT = """\
// A class of its own.
export async function f(a) {
  if (a) {
    return 1;
  }
}

const g = (a) => {
  a();
};
"""


def document_of(text: str, uri: str = "file:///w/a.py") -> Document:
    """Open a document of this text."""
    return Document(types.TextDocumentItem(uri, "python", 1, text), Encoding.Utf16)


def span(start: tuple[int, int], end: tuple[int, int]) -> types.Range:
    """Name a piece of a document."""
    return types.Range(types.Position(*start), types.Position(*end))


@pytest.mark.parametrize(
    ("text", "line", "block"),
    [
        pytest.param(PYTHON, 9, (4, 11), id="the method around a nested line, with its closing bracket and its else"),
        pytest.param(PYTHON, 4, (4, 11), id="the method whose first line it is"),
        pytest.param(PYTHON, 12, (4, 11), id="a blank line belongs to what is above it"),
        pytest.param(PYTHON, 14, (13, 14), id="the next method"),
        pytest.param(PYTHON, 2, (2, 14), id="the class"),
        pytest.param(PYTHON, 16, (16, 17), id="at the left edge the paragraph"),
        pytest.param(PYTHON, 0, (0, 0), id="an import alone"),
        pytest.param(SCRIPT, 3, (1, 5), id="a function in braces, not its if, nor a word in a comment"),
        pytest.param(SCRIPT, 8, (7, 9), id="an arrow function"),
        pytest.param(PYTHON, 11, (4, 11), id="the method around an else"),
        pytest.param("", 0, (0, 0), id="an empty file"),
    ],
)
def test_the_block_around_a_cursor_is_its_definition(text: str, line: int, block: tuple[int, int]) -> None:
    """By indentation and keywords only: no parser, and any language."""
    assert block_at(split_lines(text), line) == block


def test_a_selection_is_widened_to_whole_lines_without_the_blank_ones_at_its_ends() -> None:
    """What ends at the beginning of a line leaves that line out."""
    scene = scene_at(document_of(PYTHON), span((8, 0), (13, 0)), ROOM)

    assert (scene.first, scene.last) == (9, 11)
    assert (scene.code, scene.indent) == ("    return 1\nelse:\n    return 2", " " * 8)
    assert scene.before.endswith("if self:\n")
    assert scene.after.startswith("\n    def g")


def test_the_context_is_bounded_and_made_of_whole_lines() -> None:
    """Twice as much before the lines as after them."""
    text = "".join(f"line_{number:04}\n" for number in range(1000))
    room = Room(code_chars=100, before_chars=55, after_chars=25, answer_tokens=9)

    scene = scene_at(document_of(text), span((500, 0), (501, 0)), room)

    assert scene.before.split("\n") == [f"line_{number:04}" for number in range(495, 500)]
    assert scene.after.split("\n") == ["line_0501", "line_0502"]


def test_a_selection_too_long_is_refused_and_a_block_too_long_is_cut_around_the_cursor() -> None:
    """Who selects must hear that it was too much; a cursor means the lines around it."""
    text = "def f():\n" + "".join(f"    line_{number:04}\n" for number in range(300))
    room = Room(code_chars=99, before_chars=9, after_chars=9, answer_tokens=9)

    with pytest.raises(InputError, match="300 lines are too many"):
        scene_at(document_of(text), span((1, 0), (301, 0)), room)
    scene = scene_at(document_of(text), span((100, 2), (100, 2)), room)

    assert scene.first <= 100 <= scene.last
    assert 3 <= scene.last - scene.first + 1 <= 7


@pytest.mark.parametrize("text", ["", "\n\n", "  \n \t\n"])
def test_where_there_is_no_code_nothing_is_asked(text: str) -> None:
    """The user hears what to do."""
    with pytest.raises(InputError, match="no code"):
        scene_at(document_of(text), span((0, 0), (0, 0)), ROOM)


def test_what_nobody_sees_is_not_shown_to_the_model_either() -> None:
    """Tag characters can hold orders; a lone surrogate no tokenizer takes."""
    scene = scene_at(document_of("a\r\nb\u202e\U000e0041\ud83d = 1\r\nc"), span((1, 0), (1, 1)), ROOM)

    assert (scene.before, scene.code, scene.after) == ("a", "b = 1", "c")


def test_a_file_with_tabs_is_recognised() -> None:
    """By the lines around as well as by those selected."""
    assert scene_at(document_of("if a:\n\tb\nc"), span((2, 0), (2, 1)), ROOM).has_tabs
    assert not scene_at(document_of("if a:\n    b\t# c"), span((1, 0), (1, 5)), ROOM).has_tabs


def test_the_room_is_a_share_of_the_models_context() -> None:
    """An endpoint need not say how much it holds; more than enough is not used."""
    assert room_in(4096) == Room(code_chars=3072, before_chars=2048, after_chars=1024, answer_tokens=1024)
    assert room_in(0) == room_in(MAX_CONTEXT_TOKENS) == room_in(10**6)


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("file:///w/a%20b.py", "a b.py"),
        ("untitled:Untitled-1", "Untitled-1"),
        ("file:///w/a%1b.py", "a.py"),
        ("x:", "untitled"),
    ],
)
def test_a_document_is_named_without_its_folders(uri: str, name: str) -> None:
    """The name is shown to people and to the model."""
    assert name_of(uri) == name
