"""What a model can do, read from its metadata: the words the daemon, `cairn models` and `cairn doctor` show.

The metadata was written by whoever made the file: text from here is shown to people only through the sanitiser.
"""

import math
from dataclasses import dataclass
from pathlib import Path

from assistant.models.ggml_types import FILE_TYPES
from assistant.models.gguf import GgufFile, read_gguf
from assistant.models.plausible import check_plausible, refuse

_FIM_ROLES = ("pre", "suf", "mid")
_FIM_TEXTS = {
    "pre": ("<fim_prefix>", "<fim-prefix>", "<|fim_prefix|>", "<|fim▁begin|>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>"),
    "suf": ("<fim_suffix>", "<fim-suffix>", "<|fim_suffix|>", "<|fim▁hole|>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>"),
    "mid": ("<fim_middle>", "<fim-middle>", "<|fim_middle|>", "<|fim▁end|>", "<｜fim▁end｜>", "<MID>", "▁<MID>"),
}
"""Texts by which llama.cpp finds the ids when the file does not name them. Source: llama-vocab.cpp."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FimTokens:
    """The ids that mark prefix, suffix and middle."""

    prefix: int
    suffix: int
    middle: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """What the metadata of a model file says; empty text where it says nothing."""

    name: str
    architecture: str
    """The family, as llama.cpp names it: "starcoder", "qwen2", …"""
    file_type: str
    """The mix of tensor types: "Q4_0", "F16", …"""
    licence: str
    num_parameters: int
    num_bytes: int
    context_length_tokens: int
    num_vocabulary_tokens: int
    fim: FimTokens | None
    """None: the model cannot fill in the middle."""
    fim_order: str
    """What `cairn convert` wrote: "spm", "psm", or nothing."""
    chat_template: str


def read_card(path: Path) -> ModelCard:
    """Read a model file's header and say what the model can do.

    Raises:
        ModelFileError: `read_gguf` refuses the file, or its metadata does not describe a model.
    """
    return describe(read_gguf(path))


def describe(gguf: GgufFile) -> ModelCard:
    """Say what a model can do.

    Raises:
        ModelFileError: The architecture, the context length or the vocabulary is missing, or has the wrong kind; or
            `check_plausible` refuses the file.
    """
    architecture = _text(gguf, "general.architecture")
    if not architecture:
        refuse("general.architecture is missing")
    if _integer(gguf, "split.count", default=1) > 1:
        refuse("it is one part of several", hint="join them with llama.cpp's `llama-gguf-split --merge`")
    tokens = _tokens(gguf)
    context_length_tokens = _integer(gguf, f"{architecture}.context_length")
    check_plausible(gguf)
    return ModelCard(
        name=_text(gguf, "general.name"),
        architecture=architecture,
        file_type=FILE_TYPES.get(_integer(gguf, "general.file_type", default=-1), ""),
        licence=_text(gguf, "general.license"),
        num_parameters=sum(math.prod(tensor.shape) for tensor in gguf.tensors),
        num_bytes=gguf.num_bytes,
        context_length_tokens=context_length_tokens,
        num_vocabulary_tokens=len(tokens),
        fim=_fim_tokens(gguf, tokens),
        fim_order=_text(gguf, "cairn.fim.order"),
        chat_template=_text(gguf, "tokenizer.chat_template"),
    )


def _tokens(gguf: GgufFile) -> tuple[str, ...]:
    tokens = gguf.metadata.get("tokenizer.ggml.tokens")
    if not isinstance(tokens, tuple) or not tokens:
        refuse("tokenizer.ggml.tokens is missing or no list")
    texts = tuple(token for token in tokens if isinstance(token, str))
    if len(texts) != len(tokens):
        refuse("tokenizer.ggml.tokens holds something other than text")
    return texts


def _fim_tokens(gguf: GgufFile, tokens: tuple[str, ...]) -> FimTokens | None:
    ids = [_fim_token(gguf, tokens, role) for role in _FIM_ROLES]
    if -1 in ids:
        return None
    return FimTokens(prefix=ids[0], suffix=ids[1], middle=ids[2])


def _fim_token(gguf: GgufFile, tokens: tuple[str, ...], role: str) -> int:
    known = (tokens.index(text) for text in _FIM_TEXTS[role] if text in tokens)
    return _integer(gguf, f"tokenizer.ggml.fim_{role}_token_id", default=next(known, -1))


def _text(gguf: GgufFile, key: str) -> str:
    value = gguf.metadata.get(key, "")
    return value if isinstance(value, str) else refuse(f"{key} is not text")


def _integer(gguf: GgufFile, key: str, *, default: int | None = None) -> int:
    value = gguf.metadata.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool):
        refuse(f"{key} is missing" if value is None else f"{key} is not a whole number")
    return value
