"""Blanks nobody needs."""

import pytest

from lsp.rules import trim
from tests.holes import around


@pytest.mark.parametrize(
    ("document", "text", "kept"),
    [
        ("▮", "x = 1  \n    \n", "x = 1"),
        ("x = ▮ + 1", "2 ", "2"),
        ("if ▮x:", "not ", "not "),
        ("f(▮)", "\n    a,\n", "\n    a,\n"),
        ("▮    x = 1", "    y = 1\n", "    y = 1\n"),
    ],
)
def test_trailing_blanks_go_where_nobody_needs_them(document: str, text: str, kept: str) -> None:
    """At the end of a line, and before a blank; before existing code a blank may be wanted."""
    assert trim.without_trailing_blanks(text, around(document)) == kept


@pytest.mark.parametrize(
    ("language", "text", "kept"),
    [
        ("python", "a  \n\t\nb ", "a\n\nb "),
        ("go", 'a \nx := "b"\t\n', 'a\nx := "b"\n'),
        ("markdown", "a  \nb", "a  \nb"),
        ("python", 'x = """a  \n  \nb"""', 'x = """a  \n  \nb"""'),
    ],
)
def test_lines_of_code_do_not_end_in_blanks(language: str, text: str, kept: str) -> None:
    """In prose they break a line, in a string they are content."""
    assert trim.without_blanks_at_line_ends(text, around("▮", language)) == kept


@pytest.mark.parametrize("text", ["", " ", "\n\n", "  \n\t"])
def test_blanks_alone_are_nothing(text: str) -> None:
    """An item that inserts nothing visible is no item."""
    assert trim.without_nothing(text, around("▮")) == ""


@pytest.mark.parametrize("text", [")", "s", "\n}", ";"])
def test_one_visible_character_is_something(text: str) -> None:
    """A bracket closes a call; the last letter of a word stays in view while its first ones are typed."""
    assert trim.without_nothing(text, around("▮")) == text
