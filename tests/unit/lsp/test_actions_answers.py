"""What a chat model said becomes code that may enter a file."""

import pytest

from assistant.errors import EngineError
from lsp.actions.answers import clean, code_of, dedented, indentation, indented


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("Sure!\n```python\nx = 1\n```\nDone.", ["x = 1"]),
        ("```\na\n```\nor, longer:\n```\na = 1\nb = 2\n```\n", ["a = 1", "b = 2"]),
        ("```python\n\n    x = 1\n        y = 2\n\n```", ["x = 1", "    y = 2"]),
        ("````md\n```sh\nls\n```\n````", ["```sh", "ls", "```"]),
        ("~~~js\r\na()\r\n\r\nb()\r\n~~~", ["a()", "", "b()"]),
        ("1. First:\n   ```py\n   x = 1\n   ```", ["x = 1"]),
    ],
)
def test_the_longest_fenced_block_is_the_code_as_far_left_as_it_goes(answer: str, code: list[str]) -> None:
    """Chat models wrap code in sentences, indent it, and put blank lines around it."""
    assert code_of(answer) == code


@pytest.mark.parametrize("answer", ["I cannot help with that.", "", "```\n\n```", "Use `x = 1`."])
def test_an_answer_without_a_block_is_no_code(answer: str) -> None:
    """A sentence of refusal must not replace the user's lines."""
    with pytest.raises(EngineError, match="without code"):
        code_of(answer)


def test_nothing_invisible_passes() -> None:
    """Escape sequences, NUL, bidirectional overrides, zero-width and tag characters, lone surrogates are dropped."""
    hostile = "a\x1b[2J\x00b\u202ec\u200bd\U000e0041e\ud800f\r\n\tg\f"

    assert clean(hostile) == "a[2Jbcdef\n\tg"


def test_the_shared_indentation_is_that_of_all_lines_with_ink() -> None:
    """Blank lines say nothing; a tab and blanks have nothing in common."""
    assert indentation(["    a", "", "      b", " "]) == "    "
    assert indentation(["\ta", "    b"]) == ""
    assert indentation(["", " "]) == ""
    assert dedented(["  a", " ", "    b"]) == ["a", "", "  b"]


def test_an_indentation_is_put_back_in_the_files_own_style() -> None:
    """Models write blanks where a file has tabs; blank lines stay empty."""
    lines = ["if a:", "    b", "", "      c"]

    assert indented(lines, "  ", with_tabs=False) == ["  if a:", "      b", "", "        c"]
    assert indented(lines, "\t", with_tabs=True) == ["\tif a:", "\t\tb", "", "\t\t  c"]
