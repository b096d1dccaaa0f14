"""Text to token ids and back for people who want to see or count them. Nothing here reaches a model."""

from collections.abc import Sequence
from typing import Protocol

from assistant.errors import InputError
from assistant.prompts import Markup, Prompt
from assistant.protocol import DetokenizeRequest, Json, TokenizeRequest


class Tokens(Protocol):
    """A vocabulary, as far as this file needs it; `llama.Vocab` is the real one."""

    pieces: list[bytes]
    """Bytes of each id; empty for control tokens."""
    control_ids: dict[str, int]

    def tokenize(self, text: str, *, markup: bool = False) -> list[int]:
        """Ids of `text`."""
        ...

    def encode(self, prompt: Prompt) -> list[int]:
        """Ids of a prompt, begin-of-text first where the model wants it."""
        ...

    def token_text(self, token: int) -> str:
        """The vocabulary's name for `token`."""
        ...


def tokenize(vocab: Tokens, request: TokenizeRequest) -> Json:
    """llama-server's answer to `/tokenize`."""
    if request.add_special:
        ids = vocab.encode((Markup(request.content) if request.parse_special else request.content,))
    else:
        ids = vocab.tokenize(request.content, markup=request.parse_special)
    if not request.with_pieces:
        return {"tokens": ids}
    control = frozenset(vocab.control_ids.values())
    return {"tokens": [{"id": token, "piece": _shown(_spelling(vocab, control, token))} for token in ids]}


def detokenize(vocab: Tokens, request: DetokenizeRequest) -> Json:
    """llama-server's answer to `/detokenize`: control tokens by name, broken characters as U+FFFD.

    Raises:
        InputError: An id is not in the vocabulary.
    """
    count = len(vocab.pieces)
    for token in request.tokens:
        if not 0 <= token < count:
            raise InputError(f"{token} is not a token", hint=f"tokens of this model are 0 to {count - 1}")
    return {"content": spelled(vocab, request.tokens)}


def spelled(vocab: Tokens, ids: Sequence[int]) -> str:
    """The text of ids: control tokens by name, broken characters as U+FFFD."""
    control = frozenset(vocab.control_ids.values())
    return b"".join(_spelling(vocab, control, token) for token in ids).decode("utf-8", "replace")


def _spelling(vocab: Tokens, control: frozenset[int], token: int) -> bytes:
    return vocab.token_text(token).encode() if token in control else vocab.pieces[token]


def _shown(piece: bytes) -> str | list[int]:
    """Text, or the bytes of a part of a character."""
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return list(piece)
