"""What a model writes that is no text of any file: its own tokens, characters nobody sees, fences."""

import pytest

from lsp.rules import foreign
from tests.holes import around


@pytest.mark.parametrize(
    "mark",
    [
        "<|endoftext|>",
        "<|fim_middle|>",
        "<|im_end|>",
        "<|file_sep|>",
        "<fim_middle>",
        "<fim-suffix>",
        "<file_sep>",
        "<jupyter_code>",
        "▁<MID>",
        "<EOT>",
        "<｜fim▁begin｜>",
        "<｜end▁of▁sentence｜>",
        "</s>",
    ],
)
def test_a_text_ends_before_a_token_of_the_model(mark: str) -> None:
    """What a model writes after its own mark is another answer."""
    assert foreign.without_marks(f"return a{mark}def f():", around("▮")) == "return a"


@pytest.mark.parametrize(
    ("language", "document", "text"),
    [
        ("html", "<p>▮", "<s>old</s> new"),
        ("typescriptreact", "return ▮", "<s>{price}</s>"),
        ("cpp", "std::cout <▮", "< a <b> c;"),
        ("rust", "let x: ▮", "Vec<PRE_T> = v;"),
        ("markdown", "Usage: ▮", "cat <filename> | <command>"),
        ("elixir", "a ▮", "|> b <|> c"),
        ("python", "END = '<|endoftext|>'\nif token == ▮", "'<|endoftext|>':"),
    ],
)
def test_tags_operators_and_files_about_tokens_are_left_alone(language: str, document: str, text: str) -> None:
    """What only looks like a mark stays, and so does a mark that the file itself writes."""
    assert foreign.without_marks(text, around(document, language)) == text


def test_characters_that_nobody_sees_are_dropped() -> None:
    """Escapes, bidirectional controls, tags and half characters never reach an editor; tab and line feed do."""
    text = "a\x00\x1b[31mb\u202ec\u2066d\U000e0041e\ud83df\x9bg\t\r\nh"

    assert foreign.without_invisible(text, around("▮")) == "a[31mbcdefg\t\nh"


def test_characters_that_one_sees_are_kept() -> None:
    """Other scripts, combining marks and emoji are text."""
    text = "größe = 'Ελλάδα', 'हिन्दी', '日本', '😀', 'e\u0301'"

    assert foreign.without_invisible(text, around("▮")) == text


@pytest.mark.parametrize(
    ("language", "document", "text", "kept"),
    [
        ("python", "▮", "```python\nx = 1\n```\nThis sets x.", "x = 1"),
        ("go", "▮", "```go\nx := 1\n", "x := 1\n"),
        ("rust", "let x = ▮", "1;\n```\nExplanation", "1;"),
        ("c", "▮", "```\nint x;\n```", "int x;"),
    ],
)
def test_a_fence_around_code_is_taken_off(language: str, document: str, text: str, kept: str) -> None:
    """A chat model answers in Markdown; a source file is none."""
    assert foreign.without_fences(text, around(document, language)) == kept


@pytest.mark.parametrize(
    ("language", "document", "text"),
    [
        ("markdown", "Run:\n\n▮", "```sh\nmake\n```\n\nThen:"),
        ("python", 'def f():\n    """Like this:\n\n▮', "```\nf()\n```\n"),
        ("yaml", "help: |\n  For example:\n  ▮", "\n  ```\n  - a\n  ```\n  done"),
        ("javascript", "const a = ▮", "`b`;"),
    ],
)
def test_fences_in_prose_and_in_strings_are_text(language: str, document: str, text: str) -> None:
    """Where Markdown is written, a fence is meant."""
    assert foreign.without_fences(text, around(document, language)) == text


def test_a_text_ends_before_a_word_that_reads_as_another() -> None:
    """Two of its letters are Cyrillic; what the file has already is somebody's choice."""
    text = "total = раypal(x)"

    assert foreign.without_lookalikes(text, around("▮")) == "total = "
    assert foreign.without_lookalikes(text, around("раypal = 1\n▮")) == text
    assert foreign.without_lookalikes("größe = naïve", around("▮")) == "größe = naïve"
