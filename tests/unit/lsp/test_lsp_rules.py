"""What the model wrote is cut to what a careful colleague would have typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp.rules import is_only_closing, polish, without_invisible, without_rest_of_line, without_torn_line


def polished(text: str, *, line_before: str = "", suffix: str = "", is_torn: bool = False) -> str:
    """Apply all rules, in an empty document unless said otherwise."""
    return polish(text, line_before=line_before, suffix=suffix, is_torn=is_torn)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "  \n\t", "\x1b\x07"])
def test_blanks_are_not_worth_showing(text: str) -> None:
    """An item that inserts nothing visible is no item."""
    assert polished(text) == ""


def test_characters_that_nobody_sees_are_dropped() -> None:
    """Escapes, bidirectional controls, tags and half characters never reach an editor; tab and line feed do."""
    text = "a\x00\x1b[31mb\u202ec\u2066d\U000e0041e\ud83df\x9bg\t\r\nh"

    assert without_invisible(text) == "a[31mbcdefg\t\nh"


@given(st.text())
def test_no_control_character_gets_through(text: str) -> None:
    """Whatever the model writes, the result holds no C0 but tab and line feed, no C1 and no bidirectional control."""
    shown = polished(text)

    assert not any((c < " " and c not in "\t\n") or "\x7f" <= c <= "\x9f" for c in shown)
    assert not any(c in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069" for c in shown)
    assert shown.encode().decode() == shown


@pytest.mark.parametrize("rest", ["", "  ", ")", "])", '")', "):", " }", "'),"])
def test_closing_brackets_and_quotes_leave_room_for_several_lines(rest: str) -> None:
    """What an editor closed by itself does not make the cursor stand in the middle of a line."""
    assert is_only_closing(rest)


@pytest.mark.parametrize("rest", ["x", ") + 1", " = 3", "(", "# note"])
def test_other_text_after_the_cursor_means_the_middle_of_a_line(rest: str) -> None:
    """Words, operators and openers are code that goes on."""
    assert not is_only_closing(rest)


def test_in_the_middle_of_a_line_only_the_first_line_is_kept() -> None:
    """Several lines before existing code would tear its line apart."""
    assert polished("a, b\n    c", line_before="f(", suffix=", d)\n") == "a, b"


def test_the_rest_of_the_line_is_not_typed_twice() -> None:
    """A model that wrote on to the end of the line is cut where the line goes on already."""
    assert polished("a + b", line_before="x = ", suffix=" + b\n") == "a"


@pytest.mark.parametrize(
    ("text", "rest", "kept"),
    [
        ("a, b)", ")", "a, b"),
        ("g()", ")", "g()"),
        ("g())", ")", "g()"),
        ('":)", x)', ")", '":)", x'),
        ("\n    a,\n    b,\n)", ")", "\n    a,\n    b,\n"),
        ("x):", "):", "x"),
        ('abc")', '")', "abc"),
        ("a]", ")", "a]"),
    ],
)
def test_a_bracket_is_closed_once(text: str, rest: str, kept: str) -> None:
    """The closing bracket that stands after the cursor ends the text, one that the text opened itself does not."""
    assert without_rest_of_line(text, rest) == kept


def test_the_text_stops_before_the_next_line_of_the_document() -> None:
    """The line below the cursor, with its indentation, is not typed again."""
    suffix = "\n\n    return total\n"

    assert polished("total += x\n    return total\n", line_before="        ", suffix=suffix) == "total += x"
    assert polished("if x:\n        return total", line_before="    ", suffix=suffix) == "if x:\n        return total"


def test_a_text_that_only_repeats_the_next_line_is_dropped() -> None:
    """Typed part and text together are the line below: nothing is left to say."""
    assert polished("urn total", line_before="    ret", suffix="\n    return total") == ""


def test_a_line_torn_by_the_token_limit_is_dropped_if_whole_lines_are_left() -> None:
    """Half a line is shown only where it is all there is."""
    assert without_torn_line("a = 1\nb = 2\nc = so") == "a = 1\nb = 2"
    assert without_torn_line("\n    call(a, b") == "\n    call(a, b"
    assert polished("a = 1\nb = so", is_torn=True) == "a = 1"


def test_trailing_blanks_go_at_the_end_of_a_line_only() -> None:
    """Before existing code a blank may be wanted."""
    assert polished("x = 1  \n    \n") == "x = 1"
    assert polished("not ", line_before="if ", suffix="x:\n") == "not "
