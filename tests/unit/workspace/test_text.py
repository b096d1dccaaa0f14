"""A file's lines, changed, with everything else about it kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.workspace import Text, TextChange, WorkspaceError

LINES = st.lists(st.text(st.sampled_from("ab é\t\x0b\x85\u2028")), max_size=8)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@given(content=st.binary(max_size=300))
def test_any_bytes_that_are_read_come_back(content: bytes) -> None:
    """Text or refused; never text that would be written as something else."""
    try:
        text = Text.of(content, "a")
    except WorkspaceError:
        return

    assert text.content("a") == content


@given(
    lines=LINES,
    ends=st.lists(ENDS, min_size=8, max_size=8),
    has_last_end=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    data=st.data(),
)
def test_what_no_change_touches_stays_byte_for_byte(lines, ends, has_last_end, encoding, data) -> None:
    """Line ends, encoding, mark, and whether the last line has an end: before and behind the changed lines."""
    whole = "".join(line + end for line, end in zip(lines, ends, strict=False))
    content = (whole if has_last_end else whole.rstrip("\r\n")).encode(encoding)
    text = Text.of(content, "a")
    start = data.draw(st.integers(0, len(text.lines)))
    behind = data.draw(st.integers(start, len(text.lines)))
    new = tuple(data.draw(st.lists(st.sampled_from(["x", "", "yy"]), max_size=3)))
    change = TextChange(start=start, old=text.lines[start:behind], new=new)

    changed = text.changed([change], "a")
    again = Text.of(changed.content("a"), "a") if changed.lines else changed

    assert again.lines == (*text.lines[:start], *new, *text.lines[behind:]) or "" in (again.lines + changed.lines)[-1:]
    assert changed.lines == (*text.lines[:start], *new, *text.lines[behind:])
    if behind < len(text.lines) and start > 0:
        assert changed.ends[: start - 1] == text.ends[: start - 1]
        assert changed.ends[len(changed.ends) - (len(text.lines) - behind) :] == text.ends[behind:]
    assert all(changed.ends[:-1])
    if text.ends and changed.ends:
        assert bool(changed.ends[-1]) == bool(text.ends[-1])


def test_an_empty_line_below_an_old_line_end_stays_a_line() -> None:
    r"""Or "\r" and "\n" would become one end."""
    text = Text.of(b"one\rtwo\n", "a")

    changed = text.changed([TextChange(start=1, old=("two",), new=("", "two"))], "a")

    assert Text.of(changed.content("a"), "a").lines == ("one", "", "two")


def test_new_lines_end_as_the_lines_do_in_whose_place_they_are() -> None:
    r"""In a file of Windows the \n of a model becomes \r\n; in a mixed one each keeps its own."""
    text = Text.of(b"one\r\ntwo\nthree\r\n", "a")

    changed = text.changed([TextChange(start=0, old=("one", "two"), new=("1", "2", "2.5"))], "a")

    assert changed.content("a") == b"1\r\n2\n2.5\nthree\r\n"


def test_a_missing_last_line_end_stays_missing() -> None:
    """A file that ends without one does so afterwards, and the line that was last gets one."""
    text = Text.of(b"one\r\ntwo", "a")

    changed = text.changed([TextChange(start=2, old=(), new=("three",))], "a")

    assert changed.content("a") == b"one\r\ntwo\r\nthree"


def test_an_unknown_8_bit_encoding_takes_only_ascii() -> None:
    """Latin-1 and Windows-1251 cannot be told apart: the old bytes stay, new letters beyond ASCII are refused."""
    text = Text.of("café\nthé\n".encode("latin-1"), "a")
    fine = TextChange(start=1, old=("thé",), new=("tea",))
    wrong = TextChange(start=1, old=("thé",), new=("thé à la menthe",))

    assert text.changed([fine], "a").content("a") == "café\ntea\n".encode("latin-1")
    with pytest.raises(WorkspaceError, match="not UTF-8"):
        text.changed([wrong], "a")


def test_utf_16_is_kept_with_its_mark() -> None:
    """Notepad's files stay Notepad's."""
    content = b"\xff\xfe" + "ä\r\nb\r\n".encode("utf-16-le")
    text = Text.of(content, "a")

    changed = text.changed([TextChange(start=1, old=("b",), new=("β",))], "a")

    assert changed.content("a") == b"\xff\xfe" + "ä\r\nβ\r\n".encode("utf-16-le")


@pytest.mark.parametrize("content", [b"\0ELF", b"x" * ((2 << 20) + 1), b"\n" * 10_001], ids=["binary", "large", "long"])
def test_what_is_no_text_of_a_size_people_edit_is_refused(content) -> None:
    """Refused when it is read, before anybody is shown anything."""
    with pytest.raises(WorkspaceError):
        Text.of(content, "a")
