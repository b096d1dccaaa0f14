"""A suggestion ends with the block it stands in."""

import pytest

from lsp.rules import scope
from tests.holes import around

CUTS = [
    # a new line goes on with the block above it, and no further
    ("python", "def f():\n    x = 1\n    ▮", "return x\n\ndef g():\n    pass", "return x\n"),
    ("python", "def f():\n    for a in b:\n        ▮", "c(a)\n    return d", "c(a)"),
    ("python", "def f():\n    return 1\n    ▮", "\n\ndef g():\n    pass", "\n"),
    ("rust", "fn f() {\n    a();\n    ▮", "b();\n}\n\nfn g() {\n}", "b();\n}"),
    ("html", "<ul>\n  ▮", "<li>a</li>\n</ul>\n<p>b</p>", "<li>a</li>\n</ul>"),
    ("yaml", "a:\n  ▮", "b: 1\n  c: 2\nd: 3", "b: 1\n  c: 2"),
    ("ruby", "def f\n  ▮", "a\nend\n\ndef g\nend", "a\nend"),
    ("shellscript", "if a; then\n  ▮", "b\nfi\nc", "b\nfi"),
    # a begun line is completed with what belongs to it
    ("python", "    x = ▮", "1\n    y = 2", "1"),
    ("python", "if ▮", "a:\n    b()\nc()", "a:\n    b()"),
    ("python", "def f(▮", "\n    a,\n    b,\n):\n    pass\nc()", "\n    a,\n    b,\n):\n    pass"),
    ("typescript", "foo(▮", "\n  a,\n);\nbar();", "\n  a,\n);"),
    ("go", "func f() ▮", "{\n\treturn\n}\n\nfunc g() {\n}", "{\n\treturn\n}"),
    ("yaml", "name: ▮", "a\nversion: 1", "a"),
    # a block that is closed below is not closed here
    ("c", "if (a) {\n    ▮\n}\n", "b();\n}\nc();", "b();"),
    ("c", "if (a) {\n    ▮\n    c();\n}\n", "b();\n}", "b();"),
    ("ruby", "def f\n  ▮\nend\n", "a\nend", "a"),
    ("html", "<ul>\n  ▮\n</ul>", "<li>a</li>\n</ul>", "<li>a</li>"),
    # in languages without closing lines, a blank line and one further left end it
    ("python", "if a:\n    ▮", "b()\n\nelse:\n    c()", "b()\n"),
    # two blank lines end everything
    ("python", "▮", "import a\n\n\ndef f():\n    pass", "import a\n\n"),
    ("go", "▮", "var a int\n\n\n\nvar b int", "var a int\n\n\n"),
]

LEFT_ALONE = [
    ("python", "def f():\n    ▮", "a()\n\n    b()\n    if c:\n        d()\n    e()"),
    ("python", "if a:▮", "\n    b()\nelif c:\n    d()\nelse:\n    e()"),
    ("python", "try:\n    ▮", "a()\nexcept B:\n    c()\nfinally:\n    d()"),
    ("javascript", "if (a) ▮", "{\n  b();\n} else {\n  c();\n}"),
    ("typescript", "foo(▮", "\n  a,\n).then((b) => {\n  c();\n})"),
    ("typescript", "const a = {▮", "\n  b: [\n    1,\n  ],\n};"),
    ("c", "int f(void)▮", "\n{\n    return 1;\n}"),
    ("c", "switch (a) {\ncase 1:\n    ▮", "b();\n    break;\ncase 2:\n    c();\n    break;\n}"),
    ("c", "void f() {\n    a();\n▮", "#ifdef B\n    b();\n#endif\n    c();"),
    ("rust", "fn f<T>(t: T)▮", "\nwhere\n    T: Copy,\n{\n    t\n}"),
    ("python", "@cache▮", "\ndef f():\n    return 1"),
    ("python", "    # add all▮", " numbers\n    total = sum(numbers)"),
    ("rust", "#[der▮", "ive(Debug)]\nstruct A {\n    b: u8,\n}"),
    ("java", "    // add ▮", "all\n    int a = 1;"),
    ("sql", "SELECT ▮", "a, b\nFROM c\nWHERE d = 1;"),
    ("python", "x = ▮", '"""\na\nb\n"""'),
    ("go", "\tx := ▮", "`\na\n`"),
    ("python", "x = 1▮", "\ny = 2\nz = 3"),
    ("python", "    return 1\n\n▮", "def f():\n    pass"),
    ("python", "▮", "a = 1\n\nb = 2"),
    ("markdown", "The first ▮", "line\nand the second\n\n\n# Title"),
    ("yaml", "steps:\n  - a: 1\n    ▮", "b: 2\n    c: 3"),
    ("html", "<p>▮", "\n  a\n</p>"),
]


@pytest.mark.parametrize(("language", "document", "text", "kept"), CUTS)
def test_a_text_ends_where_its_block_ends(language: str, document: str, text: str, kept: str) -> None:
    """At the first line further left than the block allows, after the line that closes it."""
    assert scope.within_scope(text, around(document, language)) == kept


@pytest.mark.parametrize(("language", "document", "text"), LEFT_ALONE)
def test_a_text_within_its_block_is_left_alone(language: str, document: str, text: str) -> None:
    """`else` and its like, braces on their own line, strings, and what decorators and comments are about, go on."""
    assert scope.within_scope(text, around(document, language)) == text


def test_a_line_that_the_text_stands_before_keeps_its_place() -> None:
    """The cut text still ends with a whole line, and with the indentation that stood before the cursor."""
    document = "def f():\n    if a:\n        b()\n    ▮return c\n"

    assert scope.within_scope("d()\n\n\n\n    e()\n", around(document)) == "d()\n\n\n\n    "
