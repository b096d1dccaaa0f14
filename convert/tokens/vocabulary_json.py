"""Tokenizer files rebuilt from a GGUF vocabulary: the way back of `tokenizer.py`, for byte-level BPE."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from assistant.models.gguf import Value, read_gguf
from convert.source.files import refuse
from convert.tokens.pre_tokenizers import PIPELINES
from convert.tokens.vocabulary import CONTROL, NORMAL

T = TypeVar("T")

_ROLES = {"bos_token": "bos", "eos_token": "eos", "unk_token": "unknown", "pad_token": "padding"}


def tokenizer_json(gguf_path: Path) -> dict[str, Any]:
    """Rebuild what the `tokenizers` library reads, rows of padding left out.

    Raises:
        ModelFileError: The file is no GGUF, or its vocabulary is of another kind.
    """
    metadata = read_gguf(gguf_path).metadata
    name = metadata.get("tokenizer.ggml.pre")
    if not isinstance(name, str) or name not in PIPELINES:
        refuse(f"{gguf_path.name} cuts texts in an unknown way", hint=f"known are {', '.join(PIPELINES)}")
    tokens, merges = _list(metadata, "tokens", str), _list(metadata, "merges", str)
    kinds = _list(metadata, "token_type", int)
    if len(kinds) != len(tokens):
        refuse(f"{gguf_path.name} has {len(tokens)} tokens, but {len(kinds)} token types")
    known = [(index, text) for index, text in enumerate(tokens) if text != f"[PAD{index}]"]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            _added_token(index, text, special=kinds[index] == CONTROL)
            for index, text in known
            if kinds[index] != NORMAL
        ],
        "normalizer": next(iter(PIPELINES[name].normalizers), None),
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": list(PIPELINES[name].cuts)},
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": PIPELINES[name].ignores_merges,
            "vocab": {text: index for index, text in known},
            "merges": [merge.split(" ") for merge in merges],
        },
    }


def with_marks(tokenizer: dict[str, Any], marks: Iterable[str]) -> dict[str, Any]:
    """Append control tokens that the vocabulary lacks.

    Args:
        tokenizer: What `tokenizer_json` returns.
        marks: Their texts.
    """
    known: dict[str, int] = tokenizer["model"]["vocab"]
    texts = [text for text in marks if text not in known]
    new = {text: index for index, text in enumerate(texts, start=len(known))}
    added = [*tokenizer["added_tokens"], *(_added_token(index, text, special=True) for text, index in new.items())]
    return tokenizer | {"added_tokens": added, "model": tokenizer["model"] | {"vocab": known | new}}


def tokenizer_config(gguf_path: Path) -> dict[str, Any]:
    """Rebuild tokenizer_config.json: the tokens with a role, and the chat template if there is one.

    Raises:
        ModelFileError: As for `tokenizer_json`.
    """
    metadata = read_gguf(gguf_path).metadata
    tokens = _list(metadata, "tokens", str)
    ids = {name: metadata.get(f"tokenizer.ggml.{role}_token_id") for name, role in _ROLES.items()}
    template = metadata.get("tokenizer.chat_template")
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": False,
        **{name: tokens[index] for name, index in ids.items() if isinstance(index, int) and index < len(tokens)},
        **({"chat_template": template} if isinstance(template, str) else {}),
    }


def _list(metadata: Mapping[str, Value], key: str, kind: type[T]) -> list[T]:
    values = metadata.get(f"tokenizer.ggml.{key}")
    if not isinstance(values, tuple):
        refuse(f"tokenizer.ggml.{key} is missing or no list")
    found = [value for value in values if isinstance(value, kind)]
    return found if len(found) == len(values) else refuse(f"tokenizer.ggml.{key} holds values of another kind")


def _added_token(index: int, text: str, *, special: bool) -> dict[str, Any]:
    switches = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": index, "content": text, **switches, "special": special}
