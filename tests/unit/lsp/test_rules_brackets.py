"""What is open is closed once."""

import pytest

from lsp.rules import brackets
from tests.holes import around

CUTS = [
    # closed after the cursor already
    ("python", "f(▮)", "a, b)", "a, b"),
    ("python", "f(▮)", "g())", "g()"),
    ("python", "x = [f(▮)]", "a)]", "a"),
    ("python", "def f(▮):\n", "a):\n    return a", "a"),
    ("python", "f(▮)", "\n    a,\n    b,\n)", "\n    a,\n    b,\n"),
    ("javascript", "on('a', () => {▮});", "\n  b();\n});\nc();", "\n  b();\n"),
    ("typescript", "foo(▮, d);", "a, b), c", "a, b"),
    ("rust", "let a = vec![▮];", "1, 2];", "1, 2"),
    ("json", '{"a": [▮]}', "1, 2]}", "1, 2"),
    ("yaml", "a: [▮]", "b, c]", "b, c"),
    ("css", "a {▮}", "\n  color: red;\n}\nb {\n}", "\n  color: red;\n"),
    # closed on the next line already
    ("python", "f(\n    ▮\n)", "a,\n)", "a,\n"),
    ("c", "if (a) {\n    ▮\n}", "b();\n}", "b();\n"),
    ("go", "func f() {\n\tif a {\n\t\t▮\n\t}\n}", "b()\n\t}\n\tc()\n}", "b()\n\t"),
    ("typescript", "foo({\n  a: ▮\n});", "1,\n});", "1,\n"),
    # closes nothing
    ("python", "x = ▮", "a]", "a"),
    ("python", "x = (▮", "a]", "a"),
    ("c", "▮", "int a;\n}\nint b;", "int a;\n"),
    ("python", "x = (1)\ny = ▮", "2)", "2"),
    # the bracket at the cursor, where brackets come without partners
    ("markdown", "[a](▮)", "b) c", "b"),
    ("shellscript", "x=$(▮)", "pwd)", "pwd"),
    ("html", "{{ f(▮) }}", "a) }}", "a"),
]

LEFT_ALONE = [
    ("python", "f(▮)", "g()"),
    ("python", "f(▮)", "a) + g(b"),
    ("python", "f(▮)", "':)', x"),
    ("python", "f(▮)", "a,  # :)\n"),
    ("python", "x = (a\n     ▮", "+ b)"),
    ("python", "f(▮", "a, b)"),
    ("c", "void f() {\n    if (a) {▮\n}", "\n        b();\n    }"),
    ("c", "if (a) {\n    ▮\n}", "b();\n} else {\n    c();"),
    ("c", "char c = ▮", "')';"),
    ("rust", "fn f<'a>(▮", "x: &'a str) {}"),
    ("javascript", "x = a.replace(▮", "/[)\\]}]/g, '')"),
    ("javascript", "x = ▮", "`)}]`"),
    ("go", "\tx := ▮", "`)`"),
    ("markdown", "▮", "1) first\n2) second :)"),
    ("shellscript", "case $a in\n  ▮", "b) c ;;\n  *) d ;;"),
    ("python", "x = '▮'", ":)"),
    ("clojure", "(def a ▮", "\\( 1)"),
    ("python", "if a:\n    ▮", "b(c[d])[0]({})"),
]


@pytest.mark.parametrize(("language", "document", "text", "kept"), CUTS)
def test_a_bracket_is_closed_once(language: str, document: str, text: str, kept: str) -> None:
    """The text stops before a bracket that is one too many."""
    assert brackets.without_unmatched_closers(text, around(document, language)) == kept


@pytest.mark.parametrize(("language", "document", "text"), LEFT_ALONE)
def test_a_bracket_that_has_a_partner_is_kept(language: str, document: str, text: str) -> None:
    """The text may close what it opens and what is open; in strings, comments and prose a bracket is a character."""
    assert brackets.without_unmatched_closers(text, around(document, language)) == text


def test_what_was_opened_before_the_part_that_is_read_may_be_closed_by_a_line() -> None:
    """Far down in a class nobody knows of its brace; a line that begins with one may be its end, a later one not."""
    document = "class A {\n" + "    int b;\n" * 2000 + "▮"

    assert brackets.without_unmatched_closers("    int c;\n}\n", around(document, "java")) == "    int c;\n}\n"
    assert brackets.without_unmatched_closers("    int c];\n", around(document, "java")) == "    int c"


@pytest.mark.parametrize(
    ("language", "document", "text", "kept"),
    [
        ("python", 'print("▮")', 'hello")', "hello"),
        ("python", 'print("▮", end="")', 'hello", end="")', "hello"),
        ("javascript", "import a from '▮';", "./b';\nimport c from 'd';", "./b"),
        ("javascript", "const a = `▮`;", "b ${c}`;", "b ${c}"),
        ("python", 'def f():\n    """▮"""\n', 'Add.\n\n    More.\n    """\n    x = 1', "Add.\n\n    More.\n    "),
        ("python", 'def f():\n    """▮\n    """\n', 'Add.\n    """\n    x = 1', "Add.\n    "),
        ("c", "/*\n * ▮\n */\n", "a\n */\nint b;", "a\n "),
        ("html", "<!-- ▮ -->", "a --> <p>", "a "),
        ("python", 'x = "▮"', "a\ny = 1", "a"),
    ],
)
def test_a_string_or_comment_is_ended_once(language: str, document: str, text: str, kept: str) -> None:
    """Its end stands after the cursor or begins the next line."""
    assert brackets.without_second_end(text, around(document, language)) == kept


@pytest.mark.parametrize(
    ("language", "document", "text"),
    [
        ("python", 'x = "▮"', 'a" + b + "c'),
        ("python", 'x = ["▮"b", "c"]', 'a", '),
        ("python", 'x = "▮', 'a"'),
        ("python", 'x = "▮")', "it's \\\" quoted"),
        ("python", "# don't ▮'", "say 'no'"),
        ("c", "/* ▮\nint b;\n/* c */\n", "a */"),
        ("rust", "fn f<'a>(▮) -> &'a str", "b: &'a str"),
        ("markdown", "`▮`", "a` and `b"),
    ],
)
def test_a_string_that_nothing_ends_may_be_ended(language: str, document: str, text: str) -> None:
    """So may one after which the text opens another for what follows."""
    assert brackets.without_second_end(text, around(document, language)) == text
