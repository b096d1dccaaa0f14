"""Typing leaves the far edges of the windows alone: the engine's cache and the daemon's memory live on that."""

from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from lsp.context.windows import NEAR_CHARS, PREFIX_CHARS, SUFFIX_CHARS, Windows, plain
from lsp.documents import Cursor, Document

LINE = "    total = total + weights[index] * values[index]\n"


def open_document(text: str) -> Document:
    """Open a document of this text."""
    item = types.TextDocumentItem("file:///a.py", "python", 1, text)
    return Document(item, types.PositionEncodingKind.Utf32)


def edit(document: Document, cursor: Cursor, text: str, *, num_deleted: int = 0) -> None:
    """Write at a cursor, over characters of the same line where told."""
    start = types.Position(cursor.line, cursor.index)
    end = types.Position(cursor.line, cursor.index + num_deleted)
    change = types.TextDocumentContentChangePartial(types.Range(start, end), text)
    document.change(document.version + 1, [change])


def type_at(document: Document, cursor: Cursor, text: str) -> Cursor:
    """Type one character; the cursor after it."""
    edit(document, cursor, text)
    return Cursor(cursor.line + 1, 0) if text == "\n" else Cursor(cursor.line, cursor.index + 1)


def num_moves(document: Document, cursor: Cursor, keys: str) -> tuple[int, int]:
    """How often a prefix does not go on from the one before while `keys` are typed, and how often a suffix is new."""
    windows = Windows()
    prefix, suffix = windows.cut(document, cursor, cursor)
    starts = suffixes = 0
    for key in keys:
        cursor = type_at(document, cursor, key)
        next_prefix, next_suffix = windows.cut(document, cursor, cursor)
        starts += not next_prefix.startswith(prefix)
        suffixes += next_suffix != suffix
        prefix, suffix = next_prefix, next_suffix
    return starts, suffixes


def test_500_keystrokes_and_enters_move_no_edge() -> None:
    """In the middle of a long file every prefix begins with the one before it, and the suffix is one and the same."""
    keys = (LINE * 10)[:500]

    assert num_moves(open_document(LINE * 2000), Cursor(1000, 0), keys) == (0, 0)


def test_a_long_session_moves_the_start_once_in_a_quarter_of_the_window() -> None:
    """20,000 characters typed: the start moves four times, where a window that slides moves with every line."""
    keys = (LINE * 400)[:20_000]

    assert num_moves(open_document(LINE * 2000), Cursor(1000, 0), keys) == (4, 0)


def test_a_short_document_is_seen_whole() -> None:
    """Nothing is cut that fits."""
    document = open_document("a\nb\nc\n")

    assert Windows().cut(document, Cursor(1, 1), Cursor(1, 1)) == ("a\nb", "\nc\n")


def test_the_start_is_at_the_begin_of_a_line() -> None:
    """Half a line tells a model nothing."""
    document = open_document(LINE * 2000)

    prefix, _ = Windows().cut(document, Cursor(1000, 7), Cursor(1000, 7))

    assert prefix.startswith(LINE)


def test_lines_that_come_above_the_window_do_not_move_it() -> None:
    """An editor that adds an import at the top changes nothing of what the model sees."""
    lines = [f"value_{number} = {number}\n" for number in range(3000)]
    document = open_document("".join(lines))
    windows = Windows()
    windows.cut(document, Cursor(2450, 0), Cursor(2450, 0))
    before = windows.cut(document, Cursor(2500, 0), Cursor(2500, 0))

    edit(document, Cursor(0, 0), "import os\nimport sys\n")

    assert windows.cut(document, Cursor(2502, 0), Cursor(2502, 0)) == before


def test_a_cursor_that_moved_up_is_given_text_above_it() -> None:
    """A start below the cursor, or close to it, cannot stay."""
    document = open_document(LINE * 2000)
    windows = Windows()
    before, _ = windows.cut(document, Cursor(1900, 0), Cursor(1900, 0))
    start = 1900 - before.count("\n")

    for line in (start + 10, start - 10):
        prefix, _ = windows.cut(document, Cursor(line, 0), Cursor(line, 0))

        assert len(prefix) > PREFIX_CHARS // 2


def test_an_edit_far_below_keeps_the_suffix_and_one_close_by_does_not() -> None:
    """The suffix is what was cut until its beginning has changed."""
    document = open_document(LINE * 200)
    windows = Windows()
    cursor = Cursor(10, 0)
    _, before = windows.cut(document, cursor, cursor)

    edit(document, Cursor(10 + NEAR_CHARS // len(LINE) + 2, 0), "far = 1\n")
    _, after_far = windows.cut(document, cursor, cursor)
    edit(document, Cursor(11, 0), "near = 1\n")
    _, after_near = windows.cut(document, cursor, cursor)

    assert after_far == before
    assert "near = 1" in after_near
    assert "far = 1" in after_near


def test_a_selected_word_is_in_neither_window() -> None:
    """What an item of a menu will replace stands between the two places."""
    document = open_document("one two three")

    assert Windows().cut(document, Cursor(0, 4), Cursor(0, 7)) == ("one ", " three")


def test_a_line_longer_than_the_window_is_cut_inside_it_and_stands_still() -> None:
    """A minified file is one line; its window, too, moves in steps."""
    document = open_document("x = 1; " * 10_000)

    assert num_moves(document, Cursor(0, 50_000), "y = 2; " * 70) == (0, 0)


def test_documents_have_windows_of_their_own() -> None:
    """Going to another document and back moves nothing."""
    first, second = open_document(LINE * 2000), open_document(LINE * 500)
    windows = Windows()
    before = windows.cut(first, Cursor(1000, 0), Cursor(1000, 0))

    windows.cut(second, Cursor(400, 0), Cursor(400, 0))

    assert windows.cut(first, Cursor(1000, 0), Cursor(1000, 0)) == before


def test_line_breaks_and_halves_of_characters_are_mended() -> None:
    """A tokenizer takes whole characters, and a model knows one kind of line break."""
    assert plain("a\r\nb\rc\nd") == "a\nb\nc\nd"
    assert plain("\ud83d\ude00 \ud83d") == "😀 \ufffd"


STEPS = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.text(alphabet="ab\n\r é😀", max_size=8)), max_size=12)


@given(num_lines=st.integers(1, 900), steps=STEPS)
def test_whatever_is_edited_the_prefix_ends_at_the_cursor_and_the_suffix_begins_there(
    num_lines: int, steps: list[tuple[float, float, str]]
) -> None:
    """The windows are pieces of the text around the cursor, and no longer than they may be."""
    document = open_document(LINE * num_lines)
    windows = Windows()
    for down, along, text in steps:
        line = int(down * (len(document.lines) - 1))
        cursor = Cursor(line, int(along * len(document.lines[line].rstrip("\r\n"))))
        edit(document, cursor, text)
        prefix, suffix = windows.cut(document, cursor, cursor)
        before, after = document.before(cursor, 1 << 30), document.after(cursor, 1 << 30)

        assert plain(before).endswith(prefix)
        assert len(prefix) <= PREFIX_CHARS
        assert suffix[: NEAR_CHARS // 2] == plain(after)[: NEAR_CHARS // 2]
        assert len(suffix) <= SUFFIX_CHARS
