"""Indentation as the file has it."""

import pytest

from lsp.rules import indentation
from tests.holes import around

TABBED = "func f() {\n\ta()\n\tif b {\n\t\tc()\n\t}\n"
BY_TWO = "function f() {\n  a();\n  if (b) {\n    c();\n  }\n"
BY_FOUR = "def f():\n    a()\n    if b:\n        c()\n"


@pytest.mark.parametrize(
    ("language", "document", "text", "kept"),
    [
        ("go", TABBED + "\t▮", "for {\n        d()\n    }", "for {\n\t\td()\n\t}"),
        ("go", TABBED + "\t▮", "for {\n    d()\n  }", "for {\n\t\td()\n\t}"),
        ("javascript", BY_TWO + "  ▮", "for (;;) {\n\t\td();\n\t}", "for (;;) {\n    d();\n  }"),
        ("python", BY_FOUR + "    ▮", "while x:\n\t\td()", "while x:\n        d()"),
        ("makefile", "all:\n\techo\nclean:\n▮", "    rm -f *.o", "\trm -f *.o"),
        ("python", BY_FOUR + "▮", "\treturn 1", "    return 1"),
    ],
)
def test_indentation_takes_the_style_of_the_file(language: str, document: str, text: str, kept: str) -> None:
    """Tabs where the file has tabs, its number of spaces where it has spaces."""
    assert indentation.in_style_of_file(text, around(document, language)) == kept


@pytest.mark.parametrize(
    ("language", "document", "text"),
    [
        ("python", "▮", "def f():\n\treturn 1"),
        ("c", "a:\n\tb;\n\tc;\nd:\n    e;\n    f;\n▮", "g:\n\th;\n    i;"),
        ("c", "/*\n * a\n */\n\tx();\n\ty();\n▮", "/**\n * b\n */"),
        ("go", TABBED + "\tx := ▮", "`\n    kept\n`"),
        ("python", BY_FOUR + "    x = ▮", "'a\tb'"),
        ("yaml", "a:\n  - b\n  - c\n▮", "d:\n  - e\n    f"),
        ("go", TABBED + "\tx = ▮", "    1"),
    ],
)
def test_indentation_without_a_clear_style_or_inside_strings_is_left_alone(
    language: str, document: str, text: str
) -> None:
    """No guess in a mixed or a new file; blanks within a line and in strings are content."""
    assert indentation.in_style_of_file(text, around(document, language)) == text


@pytest.mark.parametrize(
    ("language", "document", "text", "kept"),
    [
        ("python", "def f():\n    ▮", "    return 1\n    x", "return 1\n    x"),
        ("python", "def f():\n    x = 1\n    ▮", " return 1", "return 1"),
        ("python", "x = ▮", " 1", "1"),
        ("go", "func f() {\n\t▮", "\treturn", "return"),
        ("rust", "fn f() {\n    let x = ▮", "  1;", "1;"),
        ("yaml", "a:\n  b: ▮", " 1", "1"),
    ],
)
def test_blanks_that_stand_there_already_are_not_typed_again(
    language: str, document: str, text: str, kept: str
) -> None:
    """After a blank, and where the cursor is indented already."""
    assert indentation.without_second_indentation(text, around(document, language)) == kept


@pytest.mark.parametrize(
    ("language", "document", "text"),
    [
        ("python", "if a:\n    if b:\n    ▮", "    return 1"),
        ("python", "def f():\n    x = 1\n   ▮", " return 1"),
        ("python", "def f():\n▮", "    return 1"),
        ("python", "x = f(a,\n      ▮", "      b)"),
        ("python", "x =▮", " 1"),
        ("markdown", "- a\n    ▮", "  - b"),
        ("python", 'x = """\na\n  ▮', "    b"),
    ],
)
def test_blanks_that_are_missing_are_typed(language: str, document: str, text: str) -> None:
    """A deeper block, the rest of a step, an alignment, a string."""
    assert indentation.without_second_indentation(text, around(document, language)) == text
