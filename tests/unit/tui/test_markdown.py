"""Cutting Markdown into pieces and laying them out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App

from assistant.tui.look import Look
from assistant.tui.markdown import CodeBlock, blocks, code_blocks, fence_bare_code, render

MARKDOWN = st.text(alphabet="ab `#*-[]()<>|\\\n1.:~=\t漢", max_size=60)
"""Text in which nearly every character is syntax."""


@pytest.fixture(scope="module")
def look() -> Look:
    """The colours of the default theme."""
    return Look.of(App().theme_variables)


@given(MARKDOWN)
def test_pieces_joined_are_the_source(source: str) -> None:
    """Cutting loses nothing."""
    assert "".join(blocks(source)) == source


@given(MARKDOWN)
def test_a_settled_piece_never_changes(source: str) -> None:
    """Fed one character at a time, a source is cut as it is cut whole."""
    pieces = [""]

    for char in source:
        pieces[-1:] = blocks(pieces[-1] + char)

    assert pieces == blocks(source)


def test_a_finished_block_is_settled_while_the_next_one_grows() -> None:
    """A paragraph and a fence before the open fence are cut off."""
    source = "Text\n\n```python\nx = 1\n```\n\n```c\nint y;\n"

    assert [piece.strip("\n") for piece in blocks(source)] == ["Text", "```python\nx = 1\n```", "```c\nint y;"]


@given(MARKDOWN, st.integers(min_value=2, max_value=30))
def test_no_line_is_wider_than_asked(source: str, width: int) -> None:
    """Layout never fails and never leaves its column, whatever the text."""
    look = Look.of(App().theme_variables)

    lines = render(source, width, look)

    assert all(line.cell_length <= width for line in lines)


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("use `vector<int>` or vector<int>", "vector<int> or vector<int>"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("[here](http://evil.example)", "here (http://evil.example)"),
        ("[@click=app.quit]x[/]", "[@click=app.quit]x[/]"),
        ("# Title", "Title"),
        ("9. nine\n10. ten", " 9. nine"),
        ("9. nine\n10. ten", "10. ten"),
        ("```\n\n    deep\n```", "    deep"),
    ],
)
def test_what_was_written_is_seen(look: Look, source: str, seen: str) -> None:
    """HTML and console markup are text, and a link shows where it leads."""
    text = "\n".join(line.text for line in render(source, 60, look))

    assert seen in text


@pytest.mark.parametrize(
    "answer",
    ["def f(x):\n    return x\n", "    return x\n", "import os, sys\nx\n", "\nclass A:\n    pass\n", "x = 1\ny = 2\n"],
)
def test_bare_code_is_shown_as_code(answer: str) -> None:
    """An answer that starts with a line of code is a program without a fence."""
    assert [block.text for block in code_blocks(fence_bare_code(answer))] == [answer]
    assert fence_bare_code(fence_bare_code(answer)) == fence_bare_code(answer)


@pytest.mark.parametrize("answer", ["Define f like this:\n", "# Heading\n", "import pandas and go on\n", "def f(x"])
def test_prose_is_left_alone(answer: str) -> None:
    """Only a whole first line of code makes a program of an answer."""
    assert fence_bare_code(answer) == answer
    assert not code_blocks(fence_bare_code(answer))


def test_code_blocks_are_found_in_their_order_with_what_stands_behind_the_fence() -> None:
    """A correction comes after what it corrects; a path beside the language is kept."""
    assert code_blocks("a\n```py a.py\n1\n```\nb\n~~~\n2\n~~~\nc") == [
        CodeBlock("1\n", "py a.py"),
        CodeBlock("2\n", ""),
    ]
