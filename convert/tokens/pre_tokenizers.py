"""The ways to cut a text into words that llama.cpp and byte-level BPE files have in common.

llama.cpp knows such a way only by name (`tokenizer.ggml.pre`); tokenizer.json spells it out. A file is recognised by
what it spells out, never by the model's name: one regular expression more or less, and other ids would come out.

Source: the tokenizer.json files of the models named below; llama-vocab.cpp for what llama.cpp does under each name.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from convert.source.files import refuse

Step = Mapping[str, Any]
"""One normalizer or pre-tokenizer as tokenizer.json writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """What happens to a text before the merges."""

    cuts: tuple[Step, ...]
    """Pre-tokenizers, in order."""
    normalizers: tuple[Step, ...] = ()
    """May be there or not: llama.cpp leaves it out, and so does its own converter."""
    ignores_merges: bool = False
    """A word that is a token is taken whole, whether or not its merges lead there."""


def _split(pattern: str) -> Step:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def _byte_level(*, use_regex: bool) -> Step:
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": use_regex}


_DIGITS = {"type": "Digits", "individual_digits": True}
_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|{numbers}|"
    r" ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""Qwen2's and Llama 3's differ only in how many digits stay together."""

PIPELINES: dict[str, Pipeline] = {
    "gpt-2": Pipeline(cuts=(_byte_level(use_regex=True),)),
    # StarCoder 1 and 2, SantaCoder, Granite code; llama.cpp's "refact" and "codeshell" are the same
    "starcoder": Pipeline(cuts=(_DIGITS, _byte_level(use_regex=True))),
    # Qwen 2, 2.5 and 3. Of texts that are NFC already, which code almost always is, the ids are exact.
    "qwen2": Pipeline(
        normalizers=({"type": "NFC"},),
        cuts=(_split(_WORDS.format(numbers=r"\p{N}")), _byte_level(use_regex=False)),
    ),
    # Llama 3
    "llama-bpe": Pipeline(
        cuts=(_split(_WORDS.format(numbers=r"\p{N}{1,3}")), _byte_level(use_regex=False)),
        ignores_merges=True,
    ),
    "deepseek-coder": Pipeline(
        cuts=(
            _split("[\r\n]"),
            _split(r"\s?\p{L}+"),
            _split(r"\s?\p{P}+"),
            _split("[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"),
            _DIGITS,
            _byte_level(use_regex=False),
        )
    ),
}
"""By llama.cpp's name."""

_DEFAULTS = {"Digits": {"individual_digits": False}, "ByteLevel": {"use_regex": True}}
_NO_MATTER = ("trim_offsets",)
"""Keys that move offsets into the text, not ids."""


def recognise(tokenizer: Mapping[str, Any]) -> str:
    """Find llama.cpp's name for the way a byte-level tokenizer.json cuts a text.

    Raises:
        ModelFileError: llama.cpp has none.
    """
    cuts = steps(tokenizer.get("pre_tokenizer"), "pretokenizers")
    name = next((name for name, known in PIPELINES.items() if are_same(cuts, known.cuts)), None)
    if name is None:
        shown = json.dumps(tokenizer.get("pre_tokenizer"))[:120]
        hint = f"these are known, key by key: {', '.join(PIPELINES)}; train the tokenizer with one of them"
        refuse(f"tokenizer.json has an unknown pre-tokenizer: {shown}", hint=hint)
    normalizers = steps(tokenizer.get("normalizer"), "normalizers")
    if normalizers and not are_same(normalizers, PIPELINES[name].normalizers):
        refuse("tokenizer.json has a normalizer", hint="llama.cpp would skip it; train the tokenizer without one")
    return name


def steps(node: Any, inner: str) -> list[Any]:
    """Return the steps of a Sequence, which are under the key `inner`; or the one step, or none, that `node` is."""
    if isinstance(node, dict) and node.get("type") == "Sequence":
        return node[inner] if isinstance(node.get(inner), list) else [node]
    return [] if node is None else [node]


def are_same(found: list[Any], expected: tuple[Step, ...]) -> bool:
    """Compare steps by all the keys that decide; an absent key has the `tokenizers` library's default."""
    return len(found) == len(expected) and all(map(_is_same, found, expected))


def _is_same(found: Any, expected: Step) -> bool:
    if not isinstance(found, dict):
        return False
    complete = {**_DEFAULTS.get(expected["type"], {}), **found}
    return all(key in _NO_MATTER or (key in complete and complete[key] == value) for key, value in expected.items())
