"""The tokens and merges of a tokenizer.json, checked: every id once, every text once, every merge of known tokens.

Source: the `tokenizers` library's file format; `get_vocab_base` of llama.cpp's converter for the kinds of tokens.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from convert.source.files import refuse

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
"""`llama_token_type`."""

MAX_VOCABULARY = 1_000_000
MAX_TOKEN_CHARACTERS = 1024
"""Several times the longest of known vocabularies; it bounds the work per token."""

BYTE_TOKENS = tuple(f"<0x{byte:02X}>" for byte in range(256))
"""What a SentencePiece-style vocabulary writes for bytes of characters that it does not have."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tokens in the order of their ids, with their kinds, and the merges in the order they were learned."""

    tokens: tuple[str, ...]
    kinds: tuple[int, ...]
    merges: tuple[tuple[str, str], ...]


def bpe_model(tokenizer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the model of a tokenizer.json.

    Raises:
        ModelFileError: It is no BPE, or one with a switch that llama.cpp does not have.
    """
    model = tokenizer.get("model")
    if not isinstance(model, dict) or model.get("type") != "BPE":
        refuse("tokenizer.json is not a BPE tokenizer", hint="only BPE tokenizers are converted")
    for switch in ("dropout", "continuing_subword_prefix", "end_of_word_suffix"):
        if model.get(switch):
            refuse(f"tokenizer.json sets {switch}", hint="llama.cpp has no such switch; train the tokenizer without it")
    return model


def has_byte_tokens(model: Mapping[str, Any]) -> bool:
    """Tell SentencePiece's style, where bytes are a fallback, from byte-level BPE, where everything is bytes."""
    return model.get("byte_fallback") is True


def read_tokens(tokenizer: Mapping[str, Any], num_rows: int) -> Vocabulary:
    """Read tokens and merges; embedding rows beyond the vocabulary become unused tokens.

    Raises:
        ModelFileError: An id or a text is there twice or not at all, or a merge has parts that are no tokens.
    """
    model = bpe_model(tokenizer)
    ids = _ids(model.get("vocab"))
    texts = {index: text for text, index in ids.items()}
    if len(texts) != len(ids):
        refuse("tokenizer.json gives one id to two tokens")
    added = _added_tokens(tokenizer)
    kinds = {index: _kind(text, model) for index, text in texts.items()}
    kinds |= {token["id"]: _added_kind(token, model) for token in added}
    texts |= {token["id"]: _added_text(token, model) for token in added}
    _check_ids(texts, num_rows)
    padding = {index: f"[PAD{index}]" for index in range(len(texts), num_rows)}
    texts, kinds = texts | padding, kinds | dict.fromkeys(padding, UNUSED)
    return Vocabulary(
        tokens=_check_texts(tuple(texts[index] for index in range(num_rows))),
        kinds=tuple(kinds[index] for index in range(num_rows)),
        merges=_merges(model.get("merges"), ids),
    )


def _ids(vocab: Any) -> dict[str, int]:
    if not isinstance(vocab, dict) or not 1 <= len(vocab) <= MAX_VOCABULARY:
        refuse("tokenizer.json has no vocabulary, or one too large")
    if not all(type(index) is int for index in vocab.values()):
        refuse("tokenizer.json has an id that is not a whole number")
    return vocab


def _added_tokens(tokenizer: Mapping[str, Any]) -> list[dict[str, Any]]:
    added = tokenizer.get("added_tokens", [])
    if not isinstance(added, list) or len(added) > MAX_VOCABULARY:
        refuse("tokenizer.json: added_tokens is not a list, or one too long")
    for token in added:
        if not isinstance(token, dict) or type(token.get("id")) is not int or not isinstance(token.get("content"), str):
            refuse("tokenizer.json has a malformed added token")
    if len({token["id"] for token in added}) != len(added):
        refuse("tokenizer.json: added_tokens has one id twice")
    return added


def _kind(text: str, model: Mapping[str, Any]) -> int:
    if not has_byte_tokens(model):
        return NORMAL
    return BYTE if text in _BYTE_TOKEN_SET else UNKNOWN if text == model.get("unk_token") else NORMAL


_BYTE_TOKEN_SET = frozenset(BYTE_TOKENS)


def _added_kind(token: Mapping[str, Any], model: Mapping[str, Any]) -> int:
    """Say whether an added token is one of control, which no user's text can contain, or one that texts are cut at."""
    text = token["content"]
    if has_byte_tokens(model) and text == model.get("unk_token"):
        return UNKNOWN
    if token.get("special") or _looks_special(text):
        return CONTROL
    if any(token.get(switch) for switch in ("lstrip", "rstrip", "single_word")):
        refuse(f"tokenizer.json: {text[:80]!r} strips or joins words", hint="llama.cpp would not do it")
    if has_byte_tokens(model) and token.get("normalized", True):
        hint = 'llama.cpp would put a space after it; set "normalized" to false for it in added_tokens'
        refuse(f"tokenizer.json: {text[:80]!r} is looked for in the normalized text", hint=hint)
    return USER_DEFINED


def _looks_special(text: str) -> bool:
    """Tell what llama.cpp's converter takes for a control token although the file does not call it special."""
    bars = (("<|", "|>"), ("<｜", "｜>"), ("<unused", ">"))
    return text in ("<pad>", "<mask>") or any(text.startswith(left) and text.endswith(right) for left, right in bars)


def _added_text(token: Mapping[str, Any], model: Mapping[str, Any]) -> str:
    """Write a token that texts are cut at as those texts have it, with plain spaces."""
    text = token["content"]
    is_cut = has_byte_tokens(model) and _added_kind(token, model) == USER_DEFINED
    return text.replace("▁", " ") if is_cut else text


def _check_ids(texts: Mapping[int, str], num_rows: int) -> None:
    if sorted(texts) != list(range(len(texts))):
        refuse(f"tokenizer.json has {len(texts)} tokens, but their ids are not 0 to {len(texts) - 1}")
    if not len(texts) <= num_rows <= MAX_VOCABULARY:
        refuse(f"tokenizer.json has {len(texts)} tokens, the model {num_rows} embeddings")


def _check_texts(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse texts that llama.cpp would rename or cut off: with the same text twice, it aborts."""
    for text in tokens:
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            refuse(f"tokenizer.json has a token that is not valid Unicode: {ascii(text)[:80]}")
        if not 1 <= len(text) <= MAX_TOKEN_CHARACTERS or "\0" in text:
            refuse(f"tokenizer.json has a token that no text has: {ascii(text)[:80]}")
    if len(set(tokens)) != len(tokens):
        refuse("tokenizer.json has the same token twice", hint="llama.cpp needs one id per text; mend added_tokens")
    return tokens


def _merges(merges: Any, ids: Mapping[str, int]) -> tuple[tuple[str, str], ...]:
    """Return (left, right) per merge; old files hold "left right"."""
    if not isinstance(merges, list) or not 1 <= len(merges) <= MAX_VOCABULARY:
        refuse("tokenizer.json has no merges, or too many")
    pairs = [merge.split(" ") if isinstance(merge, str) else merge for merge in merges]
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)):
            refuse(f"tokenizer.json has a malformed merge: {ascii(pair)[:80]}")
        if not (pair[0] in ids and pair[1] in ids and "".join(pair) in ids) or " " in "".join(pair):
            refuse(f"tokenizer.json merges tokens that it does not have: {ascii(pair)[:80]}")
    found = tuple((left, right) for left, right in pairs)
    return found if len(set(found)) == len(found) else refuse("tokenizer.json has the same merge twice")
