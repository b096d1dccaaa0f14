"""What may leave the sanitiser."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sanitize import sanitize

WILD = st.text(alphabet=st.characters(exclude_categories=()))
"""Any code point, lone surrogates too."""

WITH_INK = re.compile("ARABIC|SYRIAC|KAITHI|EGYPTIAN")
"""Names of the scripts whose format characters are drawn: number signs, and the joiners of hieroglyphs."""

BIDI_CONTROLS = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}


@given(WILD)
def test_no_control_character_but_newline_and_tab_leaves(text: str) -> None:
    """C0, DEL, C1, surrogates and line separators never reach a terminal; the oracle is the Unicode database."""
    categories = {unicodedata.category(char) for char in sanitize(text) if char not in "\n\t"}

    assert not categories & {"Cc", "Cs", "Zl", "Zp"}


@given(WILD)
def test_no_character_that_reorders_text_leaves(text: str) -> None:
    """What is read is in the order in which it is written."""
    safe = sanitize(text)

    assert not {unicodedata.bidirectional(char) for char in safe} & BIDI_CONTROLS
    assert not set(safe) & set("\u200e\u200f\u061c")


@given(WILD)
def test_no_invisible_character_leaves(text: str) -> None:
    """A format character is shown, unless it has ink, as the Arabic number signs do."""
    formats = {char for char in sanitize(text) if unicodedata.category(char) == "Cf"}

    assert not [char for char in formats if not WITH_INK.search(unicodedata.name(char))]


@given(st.lists(WILD))
def test_a_stream_may_be_cut_anywhere(pieces: list[str]) -> None:
    """Sanitised pieces joined are the whole sanitised."""
    assert "".join(sanitize(piece) for piece in pieces) == sanitize("".join(pieces))


@given(WILD)
def test_what_is_safe_stays_as_it_is(text: str) -> None:
    """Sanitising twice is sanitising once."""
    assert sanitize(sanitize(text)) == sanitize(text)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("\x1b]52;c;cm0gLXJm\x07", r"\u{1b}]52;c;cm0gLXJm\u{7}"),
        ("\x9b2J", r"\u{9b}2J"),
        ("user\u202e\u2066# admin", r"user\u{202e}\u{2066}# admin"),
        ("\U000e0041", r"\u{e0041}"),
        ("def f():\n\treturn 'né 漢字 🙂'\n", "def f():\n\treturn 'né 漢字 🙂'\n"),
    ],
)
def test_unsafe_characters_are_shown_by_their_number(text: str, safe: str) -> None:
    """Nothing is dropped: a reader sees that something was there."""
    assert sanitize(text) == safe
