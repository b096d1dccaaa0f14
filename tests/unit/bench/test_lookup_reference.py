"""References of a chosen quality: what is wrong is wrong, and what follows it can be found again."""

from itertools import pairwise

import pytest

from assistant.bench.lookup import LEAD_WORDS, reference

WORDS = [f"w{number}" for number in range(200)]
TEXT = "".join(f" {word}" for word in WORDS)


def test_without_errors_it_is_the_text() -> None:
    """In one piece."""
    assert reference(TEXT, 0.0) == TEXT


@pytest.mark.parametrize("rate", [0.1, 0.5, 1.0])
def test_so_many_words_are_wrong(rate: float) -> None:
    """Each piece but the last ends with one, and none is the word that belongs there."""
    *pieces, _ = (piece.split() for piece in reference(TEXT, rate).split("\n"))

    assert len(pieces) == pytest.approx(rate * len(WORDS), abs=15)
    assert all(piece[-1] != WORDS[WORDS.index(piece[-2]) + 1] for piece in pieces if len(piece) > 1)


def test_each_piece_begins_with_what_leads_up_to_it() -> None:
    """After a wrong word the true one and those before it come first, so that an n-gram finds the place."""
    pieces = [piece.split() for piece in reference(TEXT, 0.2).split("\n")]

    for before, piece in pairwise(pieces):
        place = WORDS.index(before[-2]) + 1 if len(before) > 1 else 0
        assert piece[: min(LEAD_WORDS, place + 1)] == WORDS[max(0, place + 1 - LEAD_WORDS) : place + 1]
