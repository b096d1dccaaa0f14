"""What stands after the cursor is not typed again."""

import pytest

from lsp.rules import suffix
from tests.holes import around


@pytest.mark.parametrize(
    ("language", "document", "text", "kept"),
    [
        ("python", "x = ▮ + b\n", "a + b", "a"),
        ("python", "for ▮ in items:\n", "item in items:", "item"),
        ("javascript", "const ▮ = 1;", "a = 1;", "a"),
        ("c", "int a▮;", " = 1;", " = 1"),
        ("c", "int a▮;", " = 1;\nint b = 2;", " = 1"),
        ("python", "def f(a)▮:", " -> int:\n    return a", " -> int"),
        ("go", "if ▮ != nil {", "err != nil {", "err"),
        ("rust", "let ▮: u8 = 1;", "a: u8 = 1; // one", "a"),
        ("html", "<a ▮>b</a>", 'href="c">b</a>', 'href="c"'),
        ("yaml", "a: ▮ # c", "b # c", "b"),
        ("python", "f(▮, b)", "a, ", "a"),
        ("python", "if ▮x:", "not x", "not "),
        ("markdown", "The ▮ of the text.", "end of the text.", "end"),
        ("json", '{"a": ▮, "b": 2}', '1, "b": 2}', "1"),
    ],
)
def test_the_rest_of_the_line_is_not_typed_twice(language: str, document: str, text: str, kept: str) -> None:
    """The text stops at the whole rest, or at the longest end that the rest begins with."""
    assert suffix.without_rest_of_line(text, around(document, language)) == kept


@pytest.mark.parametrize(
    ("language", "document", "text"),
    [
        ("python", "f(▮)", "g()"),
        ("python", "x = ▮a, b", "data"),
        ("c", "x = ▮+ 1;", "i++"),
        ("python", "x = ▮ 10", "f(1) if a else"),
        ("python", "x = [▮10, 20]", "1, "),
        ("javascript", "f(▮ => 1)", "(a) ="),
        ("python", "print(▮)", '"b"'),
        ("rust", "let a = ▮;", "vec![\n    1,\n]"),
        ("markdown", "▮ a word", "It takes"),
        ("python", "x = 1▮\n", "0\ny = 1"),
        ("python", "▮    return a\n", "    b()\n    return a\n"),
        ("yaml", "a: ▮c", "b"),
    ],
)
def test_what_only_looks_like_the_rest_of_the_line_stays(language: str, document: str, text: str) -> None:
    """Half a word or operator, brackets with partners, and lines above the one that is there."""
    assert suffix.without_rest_of_line(text, around(document, language)) == text


CUTS = [
    ("python", "    ▮\n\n    return total\n", "total += x\n    return total\n", "total += x"),
    ("python", "    ret▮\n    return total", "urn total", ""),
    ("python", "    ▮\n    return total\n", "total += x\n    return total\n    print(1)", "total += x"),
    ("python", "▮\nimport re\nimport sys\n", "import os\nimport re\nimport sys\nimport json", "import os"),
    ("python", "▮    return a\n", "    b()\n    return a\n", "    b()\n"),
    ("python", "    ▮return a\n", "b()\n    return a", "b()\n    "),
    ("go", "\t▮\n\treturn nil\n}", "a()\n\treturn nil\n}", "a()"),
    ("rust", "    ▮\n    Ok(a)\n}", "b()?;\n    Ok(a)", "b()?;"),
    ("html", "  ▮\n  <p>b</p>\n</div>", "<p>a</p>\n  <p>b</p>\n</div>", "<p>a</p>"),
    ("ruby", "  ▮\nend", "a\nend", "a"),
    ("yaml", "  ▮\n  image: b\n  ports: c", "name: a\n  image: b", "name: a"),
    (
        "javascript",
        "  ▮\n  const result = computeTotal(items);\n  return result;\n}",
        "check();\n  const result = computeTotals(items);\n  return result;",
        "check();",
    ),
    ("c", "    ▮\n    break;\ncase 2:", "a();\n    break;\ncase 3:\n    b();", "a();"),
    ("markdown", "▮\n\n## Usage\n\nRun it.", "It is small.\n\n## Usage\n\nRun it.", "It is small.\n"),
]

LEFT_ALONE = [
    ("python", "    ▮\n\n    @property\n    def b(self):\n", "@property\n    def a(self):\n        return 1"),
    ("python", "    ▮\n    return total", "if x:\n        return total"),
    ("python", "    ▮\n    for a in b:\n        d(a)", "for a in b:\n        c(a)"),
    ("c", "▮\n}\n", "struct a {\n    int b;\n}"),
    ("c", "    ▮\n    0, 0, 0,\n    1, 1, 1,", "0, 0, 1,\n    0, 0, 0,"),
    ("c", "    ▮\n    0xff, 0x00,\n};", "0x00, 0xff,\n    0xff, 0x00,"),
    ("json", '  ▮\n  {\n    "a": 2\n  }', '{\n    "a": 3\n  },'),
    ("yaml", "  ▮\n  - name: b\n    image: c", "- name: a\n    image: c"),
    ("yaml", "  ▮\n  - name:\n      b", "- name:\n      a"),
    ("html", "  ▮\n  <tr>\n    <td>b</td>", "<tr>\n    <td>a</td>\n  </tr>"),
    ("html", "  ▮\n  <td></td>\n", "<td>a</td>\n  <td></td>"),
    ("python", "f()\nf()\n▮\nf()\n", "f()"),
    ("python", "    assert parse('1') == 1\n    ▮\n    assert parse('3') == 3", "assert parse('2') == 2"),
    ("typescript", "  ▮\n  const firstNumber = parse(row[1]);\n", "const firstNumber = parse(row[0]);"),
    ("markdown", "▮\n\n---\n", "a\n\n---\n\nb"),
    ("rust", "    ▮\n    }\n}", "if a {\n        b();\n    }"),
    ("python", "x = ▮\n", "1\n"),
]


@pytest.mark.parametrize(("language", "document", "text", "kept"), CUTS)
def test_the_text_stops_before_the_next_lines_of_the_document(
    language: str, document: str, text: str, kept: str
) -> None:
    """Lines below the cursor, with their indentation, are not typed again; a small slip does not hide them."""
    assert suffix.without_following_lines(text, around(document, language)) == kept


@pytest.mark.parametrize(("language", "document", "text"), LEFT_ALONE)
def test_lines_that_have_reason_to_be_like_the_next_are_kept(language: str, document: str, text: str) -> None:
    """Decorators, items, rows of data, brackets that the text opened, deeper lines, and lines of another number."""
    assert suffix.without_following_lines(text, around(document, language)) == text
