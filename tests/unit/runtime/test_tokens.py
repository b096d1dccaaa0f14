"""Tokens as llama-server shows them."""

import pytest

from assistant.errors import InputError
from assistant.prompts import Markup
from assistant.protocol import DetokenizeRequest, TokenizeRequest
from assistant.runtime.tokens import detokenize, tokenize


class ByteVocab:
    """An id for every byte, and two control tokens."""

    def __init__(self) -> None:
        self.pieces = [*(bytes([byte]) for byte in range(256)), b"", b""]
        self.control_ids = {"<begin>": 256, "<end>": 257}

    def tokenize(self, text: str, *, markup: bool = False) -> list[int]:
        if markup and text.startswith("<end>"):
            return [257, *text.removeprefix("<end>").encode()]
        return list(text.encode())

    def encode(self, prompt) -> list[int]:
        (piece,) = prompt
        text, is_markup = (piece.text, True) if isinstance(piece, Markup) else (piece, False)
        return [256, *self.tokenize(text, markup=is_markup)]

    def token_text(self, token: int) -> str:
        return {256: "<begin>", 257: "<end>"}[token]


VOCAB = ByteVocab()


def test_control_tokens_in_the_text_count_unless_told_otherwise() -> None:
    """llama-server's defaults: `parse_special` on, `add_special` off."""
    assert tokenize(VOCAB, TokenizeRequest(content="<end>a")) == {"tokens": [257, 97]}
    assert tokenize(VOCAB, TokenizeRequest(content="<end>", parse_special=False)) == {"tokens": list(b"<end>")}
    assert tokenize(VOCAB, TokenizeRequest(content="a", add_special=True)) == {"tokens": [256, 97]}


def test_pieces_are_text_or_the_bytes_of_a_part_of_a_character() -> None:
    """As the README of llama-server has it."""
    answer = tokenize(VOCAB, TokenizeRequest(content="<end>aá", with_pieces=True))

    assert answer["tokens"] == [
        {"id": 257, "piece": "<end>"},
        {"id": 97, "piece": "a"},
        {"id": 195, "piece": [195]},
        {"id": 161, "piece": [161]},
    ]


def test_ids_become_the_text_they_came_from() -> None:
    """Control tokens by name; half a character is marked as broken."""
    assert detokenize(VOCAB, DetokenizeRequest(tokens=(257, *"aá".encode()))) == {"content": "<end>aá"}
    assert detokenize(VOCAB, DetokenizeRequest(tokens=(195,))) == {"content": "\ufffd"}


@pytest.mark.parametrize("token", [-1, 258, 10**30])
def test_an_id_that_is_no_token_is_refused(token) -> None:
    """Never another token's text."""
    with pytest.raises(InputError, match="is not a token") as caught:
        detokenize(VOCAB, DetokenizeRequest(tokens=(token,)))

    assert "0 to 257" in caught.value.hint
