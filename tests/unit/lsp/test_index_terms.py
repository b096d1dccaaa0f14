"""What a text is found by, and into which pieces it is parted."""

from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsp.context.terms import pieces, terms_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("parseHTTPRequest", ["parse", "http", "request"]),
        ("read_config_file", ["read", "config", "file"]),
        ("__init__", ["init"]),
        ("sha256Sum x2y", ["sha256", "sum", "x2y"]),
        ("Straße naïveCount", ["straße", "naïve", "count"]),
        ("def class return self", []),
        ("a b i 12 0xff", []),
        ("token token Token", ["token"]),
        ("x" * 65, []),
    ],
)
def test_terms_are_the_words_in_identifiers(text: str, words: list[str]) -> None:
    """Those of camelCase and snake_case are parted. Keywords, letters, numbers and blobs are nothing to search by."""
    assert set(terms_of(text)) == {crc32(word.encode()) for word in words}


def test_terms_are_counted() -> None:
    """BM25 asks how often."""
    assert terms_of("token Token next_token") == {crc32(b"token"): 3, crc32(b"next"): 1}


@given(
    st.lists(st.sampled_from(["", "    x = 1", "def f():", "}", "class A:", "\t", "@mark", "export function g() {"]))
)
@settings(deadline=None)
def test_pieces_cover_a_text_without_gaps_and_are_short(lines: list[str]) -> None:
    """Every line is in one piece; a piece has at most 32 lines, and only the last has fewer than 12."""
    spans = list(pieces(lines))

    assert [line for first, end in spans for line in lines[first:end]] == lines
    assert all(0 < end - first <= 32 for first, end in spans)
    assert all(end - first >= 12 for first, end in spans[:-1])


def test_a_text_is_parted_before_definitions() -> None:
    """Three functions of twenty lines are three pieces."""
    function = ["def f(x):", *["    x = x + 1"] * 17, "    return x", ""]

    assert list(pieces(function * 3)) == [(0, 20), (20, 40), (40, 60)]


def test_without_definitions_a_text_is_parted_at_blank_lines() -> None:
    """Prose and settings have paragraphs."""
    first, *_ = pieces((["some words"] * 17 + [""]) * 3)

    assert first == (0, 18)


@given(st.text())
@settings(deadline=None)
def test_no_text_raises(text: str) -> None:
    """Halves of surrogate pairs, NUL, whatever."""
    terms_of(text)
