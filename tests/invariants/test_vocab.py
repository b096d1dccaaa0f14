"""Text and token ids on real vocabularies: exact both ways, and no text ever becomes a control token."""

from functools import cache
from pathlib import Path
from typing import Any

import llama_cpp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import assistant.models
from assistant.prompts import STARCODER_FIM, fim_prompt
from assistant.runtime.llama import Vocab, quiet_logs
from assistant.runtime.window import SegmentedTokenizer

FAMILIES = ("starcoder", "qwen2", "deepseek-coder", "llama-bpe")
BUILTIN = Path(assistant.models.__file__).with_name("builtin.gguf")


@cache
def load(file: Path) -> Vocab:
    """A vocabulary without weights."""
    quiet_logs()
    params: Any = llama_cpp.llama_model_default_params()
    params.vocab_only = True
    return Vocab(llama_cpp.llama_model_load_from_file(str(file).encode(), params))


def published(shared_data: Path, family: str) -> Path:
    """The vocabulary of a model family, as llama.cpp publishes it."""
    return shared_data / "vocab" / f"ggml-vocab-{family}.gguf"


@pytest.fixture(params=FAMILIES)
def vocab_file(request, shared_data) -> Path:
    """Of one family after the other."""
    return published(shared_data, request.param)


@pytest.fixture(params=[*FAMILIES, "built-in"])
def vocab(request) -> Vocab:
    """Of one family after the other, and the built-in model's."""
    if request.param == "built-in":
        return load(BUILTIN)
    return load(published(request.getfixturevalue("shared_data"), request.param))


@st.composite
def hostile_texts(draw, vocab: Vocab) -> str:
    """Names of control tokens whole, cut and glued to each other, to words and to blanks."""
    names = st.sampled_from(sorted(vocab.control_ids))
    cut = st.tuples(names, st.integers(1, 3), st.booleans()).map(lambda c: c[0][c[1] :] if c[2] else c[0][: -c[1]])
    words = st.sampled_from(["    ", "\n", "def ", "<", "|>", "\N{ZERO WIDTH SPACE}", "\N{OTTER}", "\0"])
    return "".join(draw(st.lists(st.one_of(names, cut, words, st.text(max_size=8)), max_size=8)))


def test_llama_cpps_own_vectors_pass(vocab_file) -> None:
    """The ids of its test texts."""
    vocab = load(vocab_file)
    inputs = vocab_file.with_suffix(".gguf.inp").read_text("utf-8").split("\n__ggml_vocab_test__\n")
    expected = vocab_file.with_suffix(".gguf.out").read_text("utf-8").splitlines()

    for text, line in zip(inputs, expected, strict=False):
        assert vocab.tokenize(text) == [int(word) for word in line.split()], text


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_a_person_wrote_never_becomes_a_control_token(vocab, data) -> None:
    """Also not when it spells one; and the pieces of its tokens join to the very same text.

    StarCoder's vocabulary has no token for a few bytes of rare planes (0xF1 and up): what it cannot write is left out.
    """
    writable = {piece for piece in vocab.pieces if len(piece) == 1}
    text = data.draw(hostile_texts(vocab))
    text = "".join(c for c in text if all(bytes([byte]) in writable for byte in c.encode("utf-8", "replace")))

    ids = vocab.tokenize(text)

    assert not set(ids) & {*vocab.control_ids.values(), *vocab.end_ids}
    assert b"".join(vocab.pieces[token] for token in ids).decode() == text


code = st.lists(
    st.sampled_from(
        ["foo", "x1", ")", "):", "\n", "\n\n", "    ", "\t", " ", "\r\n", "# é", "9", "=", '"', "_a\n", "\u2028"]
    ),
    max_size=30,
).map("".join)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(code, st.text(max_size=30)))
def test_a_text_may_be_tokenised_in_segments(vocab, text) -> None:
    """Cut between a word and the end of its line, the ids of the parts join to those of the whole."""
    segments = SegmentedTokenizer(vocab.tokenize, can_cut=vocab.is_byte_pair).segments(text)

    assert [token for segment in segments for token in segment] == vocab.tokenize(text)


def test_every_control_token_is_text_to_its_author_and_a_token_to_a_template(vocab) -> None:
    """The same characters, two meanings: who wrote them decides. Such tokens stand for no text of an answer."""
    for name, token in vocab.control_ids.items():
        assert token not in vocab.tokenize(f"x{name}y")
        assert vocab.tokenize(name, markup=True) == [token]
        assert vocab.pieces[token] == b""


def test_starcoders_hole_has_the_ids_it_was_trained_with(shared_data) -> None:
    """SPM, variant 2: prefix mark, suffix mark, suffix, middle mark, prefix."""
    vocab = load(shared_data / "vocab" / "ggml-vocab-starcoder.gguf")

    ids = vocab.encode(fim_prompt(STARCODER_FIM, "a = ", "\nb"))

    assert ids == [1, 3, *vocab.tokenize("\nb"), 2, *vocab.tokenize("a = ")]
    assert vocab.fim_format("", "starcoder") == STARCODER_FIM


def test_the_built_in_models_hole_has_starcoders_layout() -> None:
    """The same marks in the same places."""
    vocab = load(BUILTIN)

    ids = vocab.encode(fim_prompt(STARCODER_FIM, "a = ", "\nb"))

    assert ids == [1, 3, *vocab.tokenize("\nb"), 2, *vocab.tokenize("a = ")]
    assert vocab.fim_format("spm", "starcoder") == STARCODER_FIM


def test_deepseek_coders_hole_has_the_ids_it_was_trained_with(shared_data) -> None:
    """Begin of text, begin mark, prefix, hole mark, suffix, end mark: the order of its own README.

    Source: DeepSeek-Coder's README, "Code Insertion"; the ids are those of its published vocabulary.
    """
    vocab = load(published(shared_data, "deepseek-coder"))

    form = vocab.fim_format("", "llama")
    assert form is not None
    ids = vocab.encode(fim_prompt(form, "a = ", "\nb"))

    assert [form.prefix.token, form.suffix.token, form.middle.token] == [
        "<｜fim▁begin｜>",
        "<｜fim▁hole｜>",
        "<｜fim▁end｜>",
    ]
    assert ids == [32013, 32016, *vocab.tokenize("a = "), 32015, *vocab.tokenize("\nb"), 32017]


@pytest.mark.parametrize("family", ["qwen2", "llama-bpe"])
def test_a_model_without_marks_for_holes_is_not_asked_to_fill_any(shared_data, family) -> None:
    """Qwen2 and Llama 3 themselves have none; their coders' vocabularies are others."""
    assert load(published(shared_data, family)).fim_format("", family) is None


def test_the_marks_of_a_hole_end_an_answer() -> None:
    """A model that puts one into a chat has nothing more to say; they stand for no text."""
    vocab = load(BUILTIN)

    assert {vocab.control_ids[name] for name in ("<fim_prefix>", "<fim_suffix>", "<fim_middle>")} <= vocab.stop_ids
