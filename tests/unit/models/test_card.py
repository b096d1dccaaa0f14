"""The model card: what a model can do, from its metadata alone."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.errors import ModelFileError
from assistant.models.card import FimTokens, read_card

U32, STRING, ARRAY = 4, 8, 9


def text(value: str) -> bytes:
    """Return a GGUF string."""
    return struct.pack("<Q", len(value.encode())) + value.encode()


def texts(*values: str) -> bytes:
    """Return a GGUF array of strings."""
    return struct.pack("<IQ", STRING, len(values)) + b"".join(map(text, values))


def test_the_card_says_what_the_metadata_says(write_gguf: Callable[..., Path]) -> None:
    """Family, file type, sizes and lengths come from the header."""
    path = write_gguf()

    card = read_card(path)

    assert (card.name, card.architecture, card.file_type, card.licence) == ("tiny", "starcoder", "Q4_0", "")
    assert (card.context_length_tokens, card.num_vocabulary_tokens) == (64, 4)
    assert (card.num_parameters, card.num_bytes) == (160, path.stat().st_size)
    assert (card.fim, card.chat_template) == (None, "")


def test_named_fim_ids_come_first(with_keys: Callable[..., Path]) -> None:
    """A file that names its fill-in-the-middle ids is believed."""
    keys = [
        (f"tokenizer.ggml.fim_{role}_token_id", U32, struct.pack("<I", n))
        for n, role in enumerate(["pre", "suf", "mid"])
    ]

    card = read_card(with_keys(*keys, ("cairn.fim.order", STRING, text("spm"))))

    assert (card.fim, card.fim_order) == (FimTokens(prefix=0, suffix=1, middle=2), "spm")


def test_fim_ids_are_found_by_their_texts(with_keys: Callable[..., Path]) -> None:
    """A file without the ids but with the usual tokens can fill in the middle, as llama.cpp knows too."""
    tokens = texts("a", "<fim_prefix>", "<fim_middle>", "<fim_suffix>")

    card = read_card(with_keys(("tokenizer.ggml.tokens", ARRAY, tokens)))

    assert card.fim == FimTokens(prefix=1, suffix=3, middle=2)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (("general.architecture", U32, bytes(4)), "general.architecture is not text"),
        (("general.architecture", STRING, text("llama")), "llama.context_length is missing"),
        (("starcoder.context_length", STRING, text("64")), "not a whole number"),
        (("tokenizer.ggml.tokens", U32, bytes(4)), "no list"),
        (("tokenizer.ggml.tokens", ARRAY, struct.pack("<IQI", U32, 1, 1)), "other than text"),
    ],
)
def test_a_file_that_describes_no_model_is_refused(with_keys: Callable[..., Path], key: tuple, reason: str) -> None:
    """What the daemon needs to know must be there and of the right kind."""
    with pytest.raises(ModelFileError, match=reason):
        read_card(with_keys(key))
