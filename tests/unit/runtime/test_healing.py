"""Token healing: the answer continues the very bytes before the cursor, in tokens the model knows."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assistant.runtime.healing import Healer, PieceIndex
from assistant.runtime.llama import TextDecoder

SINGLE_BYTES = [bytes([byte]) for byte in b"etunab"]
PIECES = [
    b"",
    *SINGLE_BYTES,
    b" ",
    b"r",
    b" r",
    b" return",
    b"return",
    b"\n",
    b"\n   ",
    b"\n    ",
    b"\xc3",
    b"\xa9",
    b"\xc3\xa9",
    b"ab",
]


def logits(**likes: float) -> np.ndarray:
    """A model that likes the named pieces, `_` for a blank."""
    scores = np.zeros(len(PIECES), np.float32)
    for name, score in likes.items():
        scores[PIECES.index(name.replace("_", " ").encode())] = score
    return scores


def test_a_blank_before_the_cursor_becomes_part_of_the_next_word() -> None:
    """Taken back, the blank lets the model choose " return"; what is new is "return"."""
    healer = Healer(PieceIndex(PIECES), PIECES, b" ")
    decoder = TextDecoder(PIECES, num_known_bytes=1)

    token = healer.choose(logits(_return=2.0, r=9.0))

    assert PIECES[token] == b" return"
    assert decoder.push(token) == "return"
    assert healer.required == b""


def test_what_was_taken_back_may_be_spelt_in_several_tokens() -> None:
    r"""An indent of four is learned as "\n   " and " return"."""
    healer = Healer(PieceIndex(PIECES), PIECES, b"\n    ")

    first = healer.choose(np.eye(len(PIECES), dtype=np.float32)[PIECES.index(b"\n   ")])
    second = healer.choose(logits(_return=1.0))

    assert [PIECES[first], PIECES[second]] == [b"\n   ", b" return"]


@given(required=st.lists(st.sampled_from(PIECES[1:]), min_size=1, max_size=4).map(b"".join), seed=st.integers(0, 999))
def test_whatever_the_model_likes_the_bytes_before_the_cursor_stay(required, seed) -> None:
    """The tokens always spell what was required first, and only what comes after it is shown."""
    random = np.random.default_rng(seed)
    healer, spelt = Healer(PieceIndex(PIECES), PIECES, required), b""

    while healer.required:
        spelt += PIECES[healer.choose(random.random(len(PIECES), np.float32))]

    assert spelt.startswith(required)


def test_a_character_split_at_the_cursor_is_not_said_twice() -> None:
    """Known bytes are dropped before decoding, also in the middle of a character's bytes."""
    decoder = TextDecoder(PIECES, num_known_bytes=1)

    assert decoder.push(PIECES.index(b"ab")) == "b"
    assert decoder.push(PIECES.index(b"\xc3\xa9")) == "é"


def test_what_could_not_be_spelt_to_its_end_is_not_begun() -> None:
    """Where a vocabulary lacks a byte, only whole tokens agree."""
    pieces = [b"r", b"return"]

    agreeing = PieceIndex(pieces).agreeing(b"return")

    assert [pieces[token] for token in agreeing] == [b"return"]
