"""A model that turns in circles is stopped at the first round."""

import pytest

from lsp.rules import repetition
from tests.holes import around


@pytest.mark.parametrize(
    ("language", "document", "text", "kept"),
    [
        ("python", "▮", "print(total)\n" * 4, "print(total)"),
        ("python", "▮", "a = 1\nprint(total)\nprint(total)\nprint(total)", "a = 1\nprint(total)"),
        ("javascript", "  con▮", "sole.log(a);\n  console.log(a);\n  console.log(a);", "sole.log(a);"),
        ("go", "\t▮", "if err != nil {\n\t\treturn err\n\t}\n\t" * 3, "if err != nil {\n\t\treturn err\n\t}"),
        ("markdown", "▮", "It is fast.\n\n" * 3, "It is fast."),
        ("c", "▮", "0, 0, 0,\n" * 8, "0, 0, 0,"),
        ("yaml", "▮", "- name: a\n  image: b\n" * 3, "- name: a\n  image: b"),
    ],
)
def test_of_equal_lines_or_blocks_one_is_kept(language: str, document: str, text: str, kept: str) -> None:
    """Three rounds are circles, in data eight."""
    assert repetition.without_repetition(text, around(document, language)) == kept


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "print(total)\nprint(total)"),
        ("c", "0, 0, 0,\n" * 7),
        ("c", "NULL,\n" * 4),
        ("c", "            }\n        }\n    }\n}"),
        ("python", "try:\n    a()\nexcept B:\n    pass\ntry:\n    c()\nexcept D:\n    pass"),
        ("python", "@pytest.mark.slow\ndef a(): ...\n@pytest.mark.slow\ndef b(): ...\n@pytest.mark.slow\ndef c(): ..."),
        ("rust", "assert_eq!(f(1), 1);\nassert_eq!(f(2), 2);\nassert_eq!(f(3), 3);\nassert_eq!(f(4), 4);"),
        ("html", "<td></td>\n" * 6),
        ("markdown", "| --- | --- |\n| a | b |\n| a | c |"),
        ("javascript", "  },\n  {\n    a: 1,\n  },\n  {\n    a: 2,\n  },\n  {\n    a: 3,\n  },"),
        ("python", "        pass\n    pass\npass"),
    ],
)
def test_similar_lines_rows_and_closing_braces_are_left_alone(language: str, text: str) -> None:
    """Only what is equal, indentation included, turns in circles."""
    assert repetition.without_repetition(text, around("▮", language)) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a = 1\nx = foo(foo(foo(foo(foo(foo(foo(", "a = 1"),
        ("# very very very very very very very ver", ""),
        ("x = a.parent.parent.parent.parent.parent.parent.par", ""),
        ("a()\n" + "self.values.append(" * 5, "a()"),
    ],
)
def test_a_line_that_stammers_is_dropped(text: str, kept: str) -> None:
    """Its end is one piece said over and over, the last time perhaps torn."""
    assert repetition.without_stammer(text, around("▮")) == kept


@pytest.mark.parametrize(
    "text",
    [
        "# " + "=" * 78,
        "//" + "-" * 60 + "//",
        "x = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]",
        'x = "\\x00\\x00\\x00\\x00\\x00\\x00\\x00"',
        "| --- | --- | --- | --- | --- | --- |",
        "a(b(c(d(e(f(g())))))))",
        "def f(self, a: int, b: int, c: int, d: int) -> int:",
        "a.b.c.d.e.f.g",
    ],
)
def test_rulers_zeros_and_lists_do_not_stammer(text: str) -> None:
    """A piece without words is drawn, or counted, not stammered."""
    assert repetition.without_stammer(text, around("▮")) == text


@pytest.mark.parametrize(
    ("language", "document", "text"),
    [
        ("python", "    self.total = total\n    ▮", "self.total = total"),
        ("python", "    self.total = total\n    self.▮", "total = total\n    x = 1"),
        ("go", "\ta.Lock()\n\tdefer a.Unlock()\n\t▮", "a.Lock()\n\tdefer a.Unlock()\n\tb()"),
        ("markdown", "It is fast and small.\n▮", "It is fast and small."),
    ],
)
def test_a_text_that_says_the_lines_above_again_is_dropped(language: str, document: str, text: str) -> None:
    """The line right above, or up to three of them."""
    assert repetition.without_lines_above(text, around(document, language)) == ""


@pytest.mark.parametrize(
    ("language", "document", "text"),
    [
        ("python", "    self.total = total\n    ▮", "self.count = count"),
        ("python", "        return None\n    ▮", "return None"),
        ("c", "    0, 0, 0,\n    ▮", "0, 0, 0,"),
        ("c", "    p++;\n    ▮", "p++;"),
        ("html", "<td></td>\n▮", "<td></td>"),
        ("python", "read(file)\nread(file)\n▮", "read(file)"),
        ("rust", "        }\n    }\n    ▮", "}"),
        ("python", "▮", "import os"),
        ("yaml", "  - name: a\n  ▮", "- name: b"),
    ],
)
def test_lines_that_come_twice_with_reason_are_left_alone(language: str, document: str, text: str) -> None:
    """Short ones, rows, another depth, and lines that the document has repeated before."""
    assert repetition.without_lines_above(text, around(document, language)) == text
