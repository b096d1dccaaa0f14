"""Where one line is enough, and what happens to the others."""

import pytest

from lsp.rules import single_line, wants_single_line
from tests.holes import around


@pytest.mark.parametrize(
    ("language", "document"),
    [
        ("python", "f(▮a + b)"),
        ("python", "f(▮) + 1"),
        ("go", "x := ▮ + 1"),
        ("c", "if (▮ # note"),
        ("html", "<p>▮<b>x</b></p>"),
        ("python", "# sort the ▮"),
        ("rust", "// sort the ▮"),
        ("sql", "-- all of ▮"),
        ("python", 'print("hello ▮")'),
        ("javascript", "import x from './▮'"),
        ("c", "x = 1;▮"),
        ("typescript", "const f = () => { return 1 }▮"),
        ("rust", "}▮"),
        ("python", "        pass▮"),
        ("python", "    continue ▮"),
    ],
)
def test_one_line_is_asked_for_where_several_would_be_wrong(language: str, document: str) -> None:
    """In the middle of a line, in a comment or string of one line, and after a finished statement."""
    assert wants_single_line(around(document, language))


@pytest.mark.parametrize(
    ("language", "document"),
    [
        ("python", "▮"),
        ("python", "def f(▮):\n"),
        ("python", "x = ▮\ny = 2"),
        ("python", "foo(a, [▮])\n"),
        ("javascript", "on('x', () => {▮});"),
        ("html", "<div▮>"),
        ("python", 'def f():\n    """Sort the ▮'),
        ("c", "/* Sort the ▮"),
        ("javascript", "const page = `▮`;"),
        ("python", "url = 'http://a'  # see\nx = ▮"),
        ("rust", "fn f<'a>(x: &'a str) ▮"),
        ("markdown", "It is easy; ▮"),
        ("markdown", "Use `a;▮"),
        ("python", "passed▮"),
        ("python", "▮    return x\n"),
        ("go", "\t▮return x\n"),
        ("python", "#!/usr/bin/env python\n▮"),
    ],
)
def test_several_lines_are_welcome_where_there_is_room(language: str, document: str) -> None:
    """Closing brackets that an editor typed do not count, docstrings and blocks of comment hold lines."""
    assert not wants_single_line(around(document, language))


@pytest.mark.parametrize(
    ("document", "text", "kept"),
    [
        ("f(▮, d)\n", "a, b\n    c", "a, b"),
        ("f(▮)\n", "a,\n  b", "a,\n  b"),
        ("x = ▮\n", "1\ny = 2", "1\ny = 2"),
        ("▮x = 1\n", "y = 1\nz = 1\n", "y = 1\nz = 1\n"),
    ],
)
def test_in_the_middle_of_a_line_only_the_first_line_is_kept(document: str, text: str, kept: str) -> None:
    """Several lines before existing code would tear its line apart."""
    assert single_line.first_line(text, around(document)) == kept


@pytest.mark.parametrize(
    ("document", "text", "kept"),
    [
        ("▮x = 1\n", "y = 1\nz = 1\n", "y = 1\nz = 1\n"),
        ("    ▮return x\n", "y = 1\n    ", "y = 1\n    "),
        ("    ▮return x\n", "y = 1\n", "y = 1\n    "),
        ("▮    return x\n", "    y = 1\n    z = f", "    y = 1\n"),
        ("    ▮return x\n", "y = 1", ""),
        ("    ▮fetch()\n", "await ", "await "),
        ("    ▮ready:\n", "if not ", "if not "),
        ("    ▮\n", "x = 1\n    y", "x = 1\n    y"),
        ("    f(▮x)\n", "a", "a"),
    ],
)
def test_before_a_line_that_is_there_whole_lines_are_kept(document: str, text: str, kept: str) -> None:
    """The line keeps its indentation and gets no half of another one; a part of it, like `await`, may come first."""
    assert single_line.whole_lines(text, around(document)) == kept


def test_a_line_torn_by_the_token_limit_is_dropped_if_whole_lines_are_left() -> None:
    """Half a line is shown only where it is all there is."""
    assert single_line.without_torn_line("a = 1\nb = 2\nc = so", around("▮")) == "a = 1\nb = 2"
    assert single_line.without_torn_line("\n    call(a, b", around("▮")) == "\n    call(a, b"
    assert single_line.without_torn_line("a = so", around("▮")) == "a = so"
