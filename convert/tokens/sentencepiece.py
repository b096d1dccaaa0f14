"""SentencePiece-style BPE, Llama's, as llama.cpp has it: no merges, but a score per token.

tokenizer.json ranks pairs of neighbours. llama.cpp joins any two neighbours that make a token, best score first, then
leftmost. So that it joins what the file joins, in the same order:

1. The merges that make one token must follow each other in the file: one score stands for all of them.
2. Where two of them overlap, the file must take the left one first, as llama.cpp does, or they never meet.
3. A pair that makes a token, but is no merge of the file, must never come to lie side by side.

Whether symbols ever meet is found by merging just their text: what happens in a stretch that nothing outside has joined
does not depend on what is around it.

Source: `llm_tokenizer_spm_session` of llama-vocab.cpp; `merge_all` of the `tokenizers` library's BPE.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from convert.source.files import refuse
from convert.tokens.pre_tokenizers import Step, are_same, steps
from convert.tokens.vocabulary import BYTE_TOKENS, Vocabulary

Pair = tuple[str, str]

MAX_PIECE_CHARACTERS = 64
"""Twice the longest of known vocabularies; the checks below take the cube of it."""

UNMERGED_SCORE = -1_000_000.0
"""Of a token that nothing makes; below that of every merge, and exact in float32, as they are."""

_HINT = "llama.cpp would cut some texts differently; train the tokenizer with SentencePiece"
_UNDERSCORES = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
_PREFIXED = ({"type": "Prepend", "prepend": "▁"}, _UNDERSCORES)


def adds_space_prefix(tokenizer: Mapping[str, Any]) -> bool:
    """Tell whether a text gets a space before it: Llama's normalizer, or the pre-tokenizer Metaspace of newer files.

    Metaspace adds none to a text that begins with one; llama.cpp does, and so does SentencePiece, which trained the
    model. Such texts apart, the ids are the same.

    Raises:
        ModelFileError: The file does something else to a text.
    """
    normalizers = steps(tokenizer.get("normalizer"), "normalizers")
    cuts = steps(tokenizer.get("pre_tokenizer"), "pretokenizers")
    if not cuts and are_same(normalizers, _PREFIXED):
        return True
    if not normalizers:
        for scheme in ("always", "first", "never"):
            if are_same(cuts, (_metaspace(scheme),)):
                return scheme != "never"
    hint = "known are Prepend and Replace, and Metaspace(split=false)"
    return refuse("tokenizer.json prepares texts in an unknown way, for a BPE with byte_fallback", hint=hint)


def _metaspace(scheme: str) -> Step:
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": False}


def check_switches(model: Mapping[str, Any]) -> None:
    """Refuse a vocabulary without bytes for the characters that it does not have, and words that skip their merges."""
    if model.get("ignore_merges"):
        refuse("tokenizer.json sets ignore_merges", hint="llama.cpp knows it only with Llama 3's pre-tokenizer")
    missing = [token for token in ("▁", *BYTE_TOKENS) if token not in model["vocab"]]
    if missing:
        hint = "a tokenizer with byte_fallback needs a space and all 256 bytes"
        refuse(f"tokenizer.json has byte_fallback, but no token {missing[0]}", hint=hint)


def token_scores(vocabulary: Vocabulary) -> tuple[float, ...]:
    """Score the tokens so that llama.cpp joins what the merges join, in their order.

    Raises:
        ModelFileError: No scores do that.
    """
    if any(len(token) > MAX_PIECE_CHARACTERS for token in vocabulary.tokens):
        refuse(f"tokenizer.json has a token of more than {MAX_PIECE_CHARACTERS} characters", hint=_HINT)
    ranks = {pair: rank for rank, pair in enumerate(vocabulary.merges)}
    makers: dict[str, list[Pair]] = defaultdict(list)
    for pair in vocabulary.merges:
        makers["".join(pair)].append(pair)
    if any(ranks[pairs[-1]] - ranks[pairs[0]] != len(pairs) - 1 for pairs in makers.values()):
        refuse("tokenizer.json has merges of one token far apart", hint=_HINT)
    for state in (*_unlisted(vocabulary, ranks), *_reordered(makers)):
        if _merged("".join(state), len(state), ranks) == list(state):
            refuse(f"tokenizer.json does not merge {ascii(state)[:80]} the way llama.cpp would", hint=_HINT)
    score = {token: -1.0 - order for order, token in enumerate(makers)}
    return tuple(score.get(token, UNMERGED_SCORE) for token in vocabulary.tokens)


def _unlisted(vocabulary: Vocabulary, ranks: Mapping[Pair, int]) -> Iterator[tuple[str, ...]]:
    """Find the pairs that llama.cpp would join and the file does not: both halves may stand in a text."""
    known = set(vocabulary.tokens)
    for token in vocabulary.tokens:
        for cut in range(1, len(token)):
            pair = token[:cut], token[cut:]
            if pair not in ranks and all(len(part) == 1 or part in known for part in pair):
                yield pair


def _reordered(makers: Mapping[str, list[Pair]]) -> Iterator[tuple[str, ...]]:
    """Find x, y, z where xy and yz make the same token, the file joins yz first, and llama.cpp xy, which is first."""
    for pairs in makers.values():
        for earlier, (middle, right) in enumerate(pairs):
            yield from ((left, middle, right) for left, other in pairs[earlier + 1 :] if other == middle)


def _merged(text: str, num_symbols: int, ranks: Mapping[Pair, int]) -> list[str]:
    """Merge a text by rank, leftmost first, until `num_symbols` are left or nothing merges."""
    symbols = list(text)
    while len(symbols) > num_symbols:
        pairs = [(ranks[pair], place) for place, pair in enumerate(pairwise(symbols)) if pair in ranks]
        if not pairs:
            break
        place = min(pairs)[1]
        symbols[place : place + 2] = [symbols[place] + symbols[place + 1]]
    return symbols
