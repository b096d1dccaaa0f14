"""tokenizer.json is read as llama.cpp reads it, or refused."""

import copy

import pytest

from assistant.errors import ModelFileError
from convert.tokenizer import CONTROL, NORMAL, UNUSED, USER_DEFINED, read_vocabulary

SPECIAL = {"id": 0, "content": "<|endoftext|>", "special": True}
SPACES = {"id": 4, "content": "    ", "special": False}
TOKENIZER = {
    "added_tokens": [SPECIAL, SPACES],
    "normalizer": None,
    "pre_tokenizer": {
        "type": "Sequence",
        "pretokenizers": [
            {"type": "Digits", "individual_digits": True},
            {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True},
        ],
    },
    "post_processor": {"type": "ByteLevel", "trim_offsets": True},
    "model": {"type": "BPE", "vocab": {"<|endoftext|>": 0, "a": 1, "b": 2, "ab": 3}, "merges": ["a b"]},
}


def test_kinds_follow_the_added_tokens() -> None:
    """Special tokens are control tokens, other added ones user-defined, rows without a token unused."""
    vocabulary = read_vocabulary(TOKENIZER, 6)

    assert vocabulary.tokens == ("<|endoftext|>", "a", "b", "ab", "    ", "[PAD5]")
    assert vocabulary.kinds == (CONTROL, NORMAL, NORMAL, NORMAL, USER_DEFINED, UNUSED)


def test_merges_are_read_in_both_forms() -> None:
    """Old files hold "a b", new ones ["a", "b"]; both mean the same."""
    pairs = copy.deepcopy(TOKENIZER)
    pairs["model"]["merges"] = [["a", "b"]]

    assert read_vocabulary(pairs, 5) == read_vocabulary(TOKENIZER, 5)


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("model", "type"), "Unigram", "BPE"),
        (("model", "byte_fallback"), True, "byte_fallback"),
        (("model", "ignore_merges"), True, "ignore_merges"),
        (("model", "dropout"), 0.1, "dropout"),
        (("model", "end_of_word_suffix"), "</w>", "end_of_word_suffix"),
        (("model", "vocab"), {}, "vocabulary"),
        (("model", "vocab"), {"a": 1, "b": 1}, "one id"),
        (("model", "vocab"), {"a": 1, "b": 7, "ab": 3}, "ids"),
        (("model", "vocab"), {"a": "1"}, "whole number"),
        (("model", "merges"), ["a c"], "does not have"),
        (("model", "merges"), ["ab"], "malformed"),
        (("model", "merges"), [[1, 2]], "malformed"),
        (("model", "merges"), None, "merges"),
        (("model", "merges"), [], "merges"),
        (("normalizer",), {"type": "NFC"}, "normalizer"),
        (("post_processor",), {"type": "TemplateProcessing"}, "around"),
        (("pre_tokenizer",), None, "pre-tokenizer"),
        (("pre_tokenizer",), {"type": "ByteLevel", "add_prefix_space": False}, "pre-tokenizer"),
        (("pre_tokenizer", "pretokenizers", 0, "individual_digits"), False, "pre-tokenizer"),
        (("pre_tokenizer", "pretokenizers", 1, "add_prefix_space"), True, "pre-tokenizer"),
        (("pre_tokenizer", "pretokenizers", 1, "use_regex"), False, "pre-tokenizer"),
        (("added_tokens",), [{"id": "0"}], "malformed"),
        (("added_tokens",), [SPECIAL, SPACES | {"content": "a"}], "twice"),
        (("added_tokens",), [SPECIAL, SPACES | {"lstrip": True}], "strips"),
    ],
)
def test_what_llama_cpp_would_read_differently_is_refused(
    path: tuple[str | int, ...], value: object, reason: str
) -> None:
    """Every part that changes the ids is either known or refused with a hint."""
    tokenizer = copy.deepcopy(TOKENIZER)
    place = tokenizer
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value

    with pytest.raises(ModelFileError, match=reason) as caught:
        read_vocabulary(tokenizer, 5)

    assert caught.value.hint


def test_a_vocabulary_larger_than_the_embedding_is_refused() -> None:
    """A token without a row could not be computed."""
    with pytest.raises(ModelFileError, match="5 tokens, the model 4 embeddings"):
        read_vocabulary(TOKENIZER, 4)
