"""The text store follows the editor exactly, in every encoding, or says that it lost track."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from lsprotocol.types import PositionEncodingKind as Encoding

from lsp.documents import MAX_DOCUMENT_CHARS, Cursor, Document, split_lines


def open_document(text: str, encoding: Encoding = Encoding.Utf16) -> Document:
    """Open a document of this text."""
    return Document(types.TextDocumentItem("file:///a.py", "python", 1, text), encoding)


def edit(start: tuple[int, int], end: tuple[int, int], text: str) -> types.TextDocumentContentChangePartial:
    """Replace what stands from `start` to `end`, each a line and a character."""
    return types.TextDocumentContentChangePartial(types.Range(types.Position(*start), types.Position(*end)), text)


def text_of(document: Document) -> str:
    """Join the lines of a document."""
    return "".join(document.lines)


CODECS = {Encoding.Utf8: ("utf-8", 1), Encoding.Utf16: ("utf-16-le", 2), Encoding.Utf32: ("utf-32-le", 4)}


def num_units(text: str, encoding: Encoding) -> int:
    """Count code units with the codec of the standard library."""
    codec, bytes_per_unit = CODECS[encoding]
    return len(text.encode(codec)) // bytes_per_unit


def oracle_position(text: str, offset: int, encoding: Encoding) -> tuple[int, int]:
    """Turn an offset in a whole text into line and character: the oracle, which knows no list of lines."""
    breaks = [match.end() for match in re.finditer("\r\n|\r|\n", text) if match.end() <= offset]
    return len(breaks), num_units(text[max(breaks, default=0) : offset], encoding)


WILD_TEXT = st.text(alphabet="ab \t\n\r\f\v\x1c\x85\u2028\u2029é漢😀\U0010ffff", max_size=30)


@st.composite
def edits(draw: st.DrawFn) -> tuple[Encoding, str, list[tuple[int, int, str]]]:
    """An encoding, a text and edits of it as offsets from, to, and the new text between."""
    text = start_text = draw(WILD_TEXT)
    steps: list[tuple[int, int, str]] = []
    for _ in range(draw(st.integers(1, 6))):
        start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        new = draw(WILD_TEXT)
        if "\r\n" in (text[start - 1 : start + 1], text[end - 1 : end + 1]):
            continue  # no position of the protocol lies between "\r" and "\n"
        steps.append((start, end, new))
        text = text[:start] + new + text[end:]
    return draw(st.sampled_from(list(CODECS))), start_text, steps


@given(edits())
def test_any_sequence_of_edits_leaves_exactly_the_text_of_the_editor(
    case: tuple[Encoding, str, list[tuple[int, int, str]]],
) -> None:
    """Text, line division and length equal those of a naive string edit, in UTF-8, UTF-16 and UTF-32."""
    encoding, text, steps = case
    document = open_document(text, encoding)

    for version, (start, end, new) in enumerate(steps, start=2):
        change = edit(oracle_position(text, start, encoding), oracle_position(text, end, encoding), new)
        document.change(version, [change])
        text = text[:start] + new + text[end:]

        assert not document.is_dirty
        assert text_of(document) == text
        assert document.lines == split_lines(text)
        assert document.num_chars == len(text)


@given(WILD_TEXT, st.data())
def test_a_cursor_survives_the_way_to_the_editor_and_back(text: str, data: st.DataObject) -> None:
    """`position` and `locate` undo one another at every place of a text."""
    encoding = data.draw(st.sampled_from(list(CODECS)))
    document = open_document(text, encoding)
    line = data.draw(st.integers(0, len(document.lines) - 1))
    cursor = Cursor(line, data.draw(st.integers(0, len(document.lines[line].rstrip("\r\n")))))

    assert document.locate(document.position(cursor)) == cursor


def test_only_the_three_breaks_of_the_protocol_break_lines() -> None:
    """Form feeds, U+0085 and U+2028 stand inside a line."""
    assert split_lines("a\fb\x85c\u2028d\ne\r\nf\rg") == ["a\fb\x85c\u2028d\n", "e\r\n", "f\r", "g"]
    assert split_lines("") == [""]
    assert split_lines("a\n") == ["a\n", ""]


@pytest.mark.parametrize(
    ("encoding", "character"),
    [(Encoding.Utf8, 5), (Encoding.Utf16, 3), (Encoding.Utf32, 2)],
)
def test_a_position_after_an_emoji_is_counted_in_the_agreed_units(encoding: Encoding, character: int) -> None:
    """After "x😀" come five bytes, three UTF-16 units or two characters."""
    document = open_document("x😀y", encoding)

    assert document.locate(types.Position(0, character)) == Cursor(0, 2)
    assert document.position(Cursor(0, 2)) == types.Position(0, character)


@pytest.mark.parametrize("text", ["ab", "ab\n", "ab\r\n", "ab\r"])
def test_a_position_past_the_end_of_a_line_is_its_end(text: str) -> None:
    """The line break belongs to no position, on the last line as on every other."""
    assert open_document(text).locate(types.Position(0, 99)) == Cursor(0, 2)


def test_a_position_past_the_last_line_is_the_end_of_the_text() -> None:
    """Editors that replace everything name the line after the last one."""
    document = open_document("a\n😀b")

    document.change(2, [edit((0, 0), (2, 0), "new")])

    assert text_of(document) == "new"


def test_a_position_inside_a_character_snaps_to_before_it() -> None:
    """Half a surrogate pair is no place to complete at."""
    cursor = open_document("x😀y").locate(types.Position(0, 2))

    assert cursor == Cursor(0, 1)
    assert not cursor.is_exact


@pytest.mark.parametrize(
    ("version", "change"),
    [
        (1, edit((0, 0), (0, 0), "z")),
        (0, edit((0, 0), (0, 0), "z")),
        (2, edit((0, 1), (0, 0), "z")),
        (2, edit((0, 2), (0, 2), "z")),
    ],
    ids=["version repeated", "version went back", "end before start", "inside a character"],
)
def test_a_doubtful_change_makes_the_document_dirty_and_changes_nothing(
    version: int, change: types.TextDocumentContentChangePartial
) -> None:
    """A wrong text is worse than none: no completion is made from a guess."""
    document = open_document("x😀y")

    document.change(version, [change])

    assert text_of(document) == "x😀y"
    assert not document.is_usable


def test_a_whole_text_heals_a_dirty_document() -> None:
    """Edits are ignored while a document is dirty; the next whole text brings it back."""
    document = open_document("abc")
    document.change(2, [edit((0, 2), (0, 1), "?"), edit((0, 0), (0, 0), "ignored")])

    document.change(3, [types.TextDocumentContentChangeWholeDocument("fresh"), edit((0, 5), (0, 5), "!")])

    assert document.is_usable
    assert text_of(document) == "fresh!"


def test_a_document_over_the_limit_is_followed_but_not_used() -> None:
    """Five million characters are kept in step and completed in again once they are fewer."""
    document = open_document("x" * MAX_DOCUMENT_CHARS)

    document.change(2, [edit((0, 0), (0, 0), "y")])
    is_usable_when_long = document.is_usable
    document.change(3, [edit((0, 0), (0, 1), "")])

    assert not is_usable_when_long
    assert document.is_usable


def test_windows_are_cut_at_line_starts() -> None:
    """No half line is sent, unless the cursor's own line is longer than the window."""
    document = open_document("one\ntwo\nthree|four\nfive\nsix")
    cursor = Cursor(2, 5)

    assert document.before(cursor, 100) == "one\ntwo\nthree"
    assert document.before(cursor, 11) == "two\nthree"
    assert document.before(cursor, 3) == "ree"
    assert document.after(cursor, 100) == "|four\nfive\nsix"
    assert document.after(cursor, 12) == "|four\nfive\n"
    assert document.after(cursor, 3) == "|fo"
