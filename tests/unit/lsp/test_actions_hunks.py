"""The edits between old and new lines: exactly the new text, and nothing touched that was the same."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from lsprotocol.types import PositionEncodingKind as Encoding

from assistant.errors import InputError
from lsp.actions.hunks import hunks
from lsp.documents import Document, split_lines

LINES = st.lists(st.text("ab😀é\f\u2028 \t", max_size=4), min_size=1, max_size=8)
NEW_LINES = st.lists(st.text("ab😀é \t", max_size=4), min_size=1, max_size=8)


def document_of(text: str, encoding: Encoding = Encoding.Utf16) -> Document:
    """Open a document of this text."""
    return Document(types.TextDocumentItem("file:///a", "c", 1, text), encoding)


def applied(document: Document, edits: list[types.TextEdit]) -> str:
    """Apply edits as an editor does: all positions are those of the old text, so from the end to the beginning."""
    whole = "".join(document.lines)
    starts = [sum(map(len, document.lines[:number])) for number in range(len(document.lines))]
    spans = []
    for edit in edits:
        start, end = (document.locate(position) for position in (edit.range.start, edit.range.end))
        assert start.is_exact
        assert end.is_exact
        spans.append((starts[start.line] + start.index, starts[end.line] + end.index, edit.new_text))
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(spans))
    for start, end, text in reversed(spans):
        whole = whole[:start] + text + whole[end:]
    return whole


def as_seen(line: str) -> str:
    """How a line is compared: without what cannot be seen, and blank is blank."""
    return line.replace("\f", "").replace("\u2028", "") if line.strip() else ""


@given(
    before=LINES,
    old=LINES,
    after=LINES,
    new=NEW_LINES,
    line_break=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from([Encoding.Utf8, Encoding.Utf16, Encoding.Utf32]),
)
def test_the_edits_give_exactly_the_new_lines_and_leave_all_others_alone(
    before: list[str], old: list[str], after: list[str], new: list[str], line_break: str, encoding: Encoding
) -> None:
    """Whatever the line break, the units of positions, and the characters."""
    document = document_of(line_break.join([*before, *old, *after]), encoding)
    first, last = len(before), len(before) + len(old) - 1

    lines = applied(document, hunks(document, first, last, new)).split(line_break)

    assert lines[:first] == before
    assert lines[len(lines) - len(after) :] == after
    assert [as_seen(line) for line in lines[first : len(lines) - len(after)]] == [as_seen(line) for line in new]


@given(old=LINES, new=NEW_LINES, breaks=st.lists(st.sampled_from(["\n", "\r\n"]), min_size=9, max_size=9))
def test_lines_that_end_in_two_ways_keep_their_ends(old: list[str], new: list[str], breaks: list[str]) -> None:
    """A file that two systems wrote is not converted by the way."""
    text = "".join(line + end for line, end in zip(old, breaks, strict=False))
    document = document_of(text)

    lines = split_lines(applied(document, hunks(document, 0, len(old) - 1, new)))

    assert [as_seen(line.rstrip("\r\n")) for line in lines] == [*(as_seen(line) for line in new), ""]
    assert lines[-2].endswith(breaks[len(old) - 1])


@given(old=LINES, new=NEW_LINES)
def test_only_additions_take_nothing_away(old: list[str], new: list[str]) -> None:
    """All old lines are still there, in their order."""
    document = document_of("\n".join(old))

    lines = iter(applied(document, hunks(document, 0, len(old) - 1, new, only_additions=True)).split("\n"))

    assert all(line in lines for line in old)


def test_lines_that_are_the_same_are_in_no_edit() -> None:
    """Cursor, folds and breakpoints of the lines between stay where they are."""
    document = document_of("def f(x):\n    y = x\n    return y\n")

    edits = hunks(document, 0, 2, ["def f(x):", "    # The same.", "    y = x", "    return y + 1"])

    assert edits == [
        types.TextEdit(types.Range(types.Position(1, 0), types.Position(1, 0)), "    # The same.\n"),
        types.TextEdit(types.Range(types.Position(2, 0), types.Position(2, 12)), "    return y + 1"),
    ]
    assert hunks(document, 0, 2, ["def f(x):", "    y = x", "    return y"]) == []


def test_lone_carriage_returns_among_other_line_ends_are_refused() -> None:
    r"""Between "a\r" and an empty line ended by "\n", taking away a line would make one line break of two."""
    document = document_of("a\rb\n\nc")

    with pytest.raises(InputError, match="different ways"):
        hunks(document, 1, 2, ["b"])
