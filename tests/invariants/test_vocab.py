"""Text and token ids on real vocabularies: exact both ways, and no text ever becomes a control token."""

from functools import cache
from pathlib import Path
from typing import Any

import llama_cpp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.prompts import STARCODER_FIM, fim_prompt
from assistant.runtime.llama import Vocab, quiet_logs
from assistant.runtime.window import SegmentedTokenizer

FAMILIES = ("starcoder", "qwen2", "deepseek-coder", "llama-bpe")
pieces = st.sampled_from(
    ["<fim_prefix>", "<|endoftext|>", "<|im_start|>", "<｜fim▁hole｜>", "    ", "\n", "def ", "\N{OTTER}"]
)
texts = st.lists(st.one_of(pieces, st.text(max_size=8)), max_size=8).map("".join)


@cache
def load(file: Path) -> Vocab:
    """A vocabulary without weights."""
    quiet_logs()
    params: Any = llama_cpp.llama_model_default_params()
    params.vocab_only = True
    return Vocab(llama_cpp.llama_model_load_from_file(str(file).encode(), params))


@pytest.fixture(params=FAMILIES)
def vocab_file(request, shared_data) -> Path:
    """The vocabulary of one model family, as llama.cpp publishes it."""
    return shared_data / "vocab" / f"ggml-vocab-{request.param}.gguf"


def test_llama_cpps_own_vectors_pass(vocab_file) -> None:
    """The ids of its test texts."""
    vocab = load(vocab_file)
    inputs = vocab_file.with_suffix(".gguf.inp").read_text("utf-8").split("\n__ggml_vocab_test__\n")
    expected = vocab_file.with_suffix(".gguf.out").read_text("utf-8").splitlines()

    for text, line in zip(inputs, expected, strict=False):
        assert vocab.tokenize(text) == [int(word) for word in line.split()], text


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts)
def test_what_a_person_wrote_never_becomes_a_control_token(vocab_file, text) -> None:
    """Also not when it spells one; and the pieces of its tokens join to the very same text.

    StarCoder's vocabulary has no token for a few bytes of rare planes (0xF1 and up): what it cannot write is left out.
    """
    vocab = load(vocab_file)
    writable = {piece for piece in vocab.pieces if len(piece) == 1}
    text = "".join(c for c in text if all(bytes([byte]) in writable for byte in c.encode()))

    ids = vocab.tokenize(text)

    assert not set(ids) & set(vocab.control_ids.values())
    assert b"".join(vocab.pieces[token] for token in ids).decode() == text


code = st.lists(
    st.sampled_from(
        ["foo", "x1", ")", "):", "\n", "\n\n", "    ", "\t", " ", "\r\n", "# é", "9", "=", '"', "_a\n", "\u2028"]
    ),
    max_size=30,
).map("".join)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(code, texts))
def test_a_text_may_be_tokenised_in_segments(vocab_file, text) -> None:
    """Cut between a word and the end of its line, the ids of the parts join to those of the whole."""
    vocab = load(vocab_file)

    segments = SegmentedTokenizer(vocab.tokenize, can_cut=vocab.is_byte_pair).segments(text)

    assert [token for segment in segments for token in segment] == vocab.tokenize(text)


def test_starcoders_hole_has_the_ids_it_was_trained_with(shared_data) -> None:
    """SPM, variant 2: prefix mark, suffix mark, suffix, middle mark, prefix."""
    vocab = load(shared_data / "vocab" / "ggml-vocab-starcoder.gguf")

    ids = vocab.encode(fim_prompt(STARCODER_FIM, "a = ", "\nb"))

    assert ids == [1, 3, *vocab.tokenize("\nb"), 2, *vocab.tokenize("a = ")]
    assert vocab.fim_format("", "starcoder") == STARCODER_FIM
