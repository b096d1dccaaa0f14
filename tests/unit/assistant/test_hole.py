"""FILE:LINE:COL: 1-based, in characters, with an editor's lines."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import InputError
from assistant.hole import hole_at, parse_place, split_lines


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("a.py:1:2", (Path("a.py"), 1, 2)),
        ("with:colon.py:10:20", (Path("with:colon.py"), 10, 20)),
    ],
)
def test_a_place_is_split_from_the_right(place, expected) -> None:
    """The file's name may hold colons."""
    assert parse_place(place) == expected


@pytest.mark.parametrize(
    "place", ["a.py", "a.py:1", "a.py:0:1", "a.py:1:0", "a.py:x:1", ":1:1", "a.py:1:-1", "a.py:²:1"]
)
def test_anything_else_is_refused_with_an_example(place) -> None:
    """The hint shows the form."""
    with pytest.raises(InputError, match="is not FILE:LINE:COL") as caught:
        parse_place(place)

    assert "src/app.py:12:5" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "line", "column", "prefix"),
    [
        ("ab\ncd\n", 2, 2, "ab\nc"),
        ("ab\ncd\n", 3, 1, "ab\ncd\n"),
        ("ab\r\ncd", 2, 1, "ab\r\n"),
        ("ab\rcd", 2, 3, "ab\rcd"),
        ("a\u2028b\nc", 1, 4, "a\u2028b"),
        ("x\N{OTTER}y", 1, 3, "x\N{OTTER}"),
        ("", 1, 1, ""),
    ],
)
def test_the_text_is_cut_at_the_cursor(tmp_path, text, line, column, prefix) -> None:
    """Lines end at LF, CRLF and CR only; columns count characters."""
    file = tmp_path / "a.py"
    file.write_bytes(text.encode())

    assert hole_at(file, line, column) == (prefix, text[len(prefix) :])


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [(9, 1, "has 2 lines; there is no line 9"), (1, 9, "has 2 characters; there is no column 9")],
)
def test_a_position_outside_the_file_is_refused(tmp_path, line, column, message) -> None:
    """The message says how large the file is."""
    file = tmp_path / "a.py"
    file.write_text("ab\n")

    with pytest.raises(InputError, match=message):
        hole_at(file, line, column)


def test_what_is_no_text_file_is_refused(tmp_path) -> None:
    """Missing, binary and folder each have their own words."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")

    for name, message in (("none", "no such file"), ("binary", "is not UTF-8 text"), (".", "cannot be read")):
        with pytest.raises(InputError, match=message):
            hole_at(tmp_path / name, 1, 1)


@given(st.text(alphabet="ab\r\n\u2028\x0c"))
def test_lines_join_to_the_text_they_came_from(text) -> None:
    """No character is lost, and no line but the last lacks its end."""
    lines = split_lines(text)

    assert "".join(lines) == text
    assert all(line.endswith(("\n", "\r")) for line in lines[:-1])
    assert not lines[-1].endswith(("\n", "\r"))
