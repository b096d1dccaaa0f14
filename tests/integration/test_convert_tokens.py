"""The tokenizer of a converted checkpoint gives the ids that `tokenizers` gives."""

from collections.abc import Callable, Iterator

import llama_cpp
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from convert.conversion import convert_checkpoint

tokenizers = pytest.importorskip("tokenizers", reason="its ids are the reference")
for module in ("torch", "transformers", "safetensors"):
    pytest.importorskip(module, reason="transformers writes the checkpoint: install the extra [train]")

from tests.integration.convert_reference import CORPUS, save_random_model  # noqa: E402 (needs what was asked for above)


@pytest.fixture(scope="module")
def tokenize(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Callable[[str], list[int]], Callable[[str], list[int]]]]:
    """Return two functions from text to ids: llama.cpp's, special tokens off, and that of `tokenizers`."""
    room = tmp_path_factory.mktemp("vocabulary")
    save_random_model(room / "model", "starcoder", tied=True)
    path = room / "model.gguf"
    convert_checkpoint(room / "model", path, "Q4_0")
    params = llama_cpp.llama_model_default_params()
    params.vocab_only = True
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
    vocabulary = llama_cpp.llama_model_get_vocab(model)

    def found(text: str) -> list[int]:
        data = text.encode()
        ids = (llama_cpp.llama_token * (len(data) + 1))()
        count = llama_cpp.llama_tokenize(vocabulary, data, len(data), ids, len(ids), False, False)
        return list(ids[:count])

    tokenizer = tokenizers.Tokenizer.from_file(str(room / "model/tokenizer.json"))
    tokenizer.encode_special_tokens = True  # a control token's name in a text is text
    yield found, lambda text: tokenizer.encode(text, add_special_tokens=False).ids
    llama_cpp.llama_model_free(model)


CODE = st.text(st.sampled_from(" \t\n()[]{}:=.,'\"#_+-*/%<>abcdefXYZ0123456789éßπ数🎉"), max_size=80)
LINES = st.lists(st.sampled_from([*"".join(CORPUS).splitlines(keepends=True), "    ", "\r\n", "'ll", "x²", "١٢"]))


@settings(max_examples=600, deadline=None)
@given(st.one_of(CODE, LINES.map("".join), st.text(max_size=40)))
@example("")
@example("<|endoftext|>")
@example(" \u3000 \x85\xa0\u200b end")
def test_llama_cpp_gives_the_ids_of_tokenizers(
    tokenize: tuple[Callable[[str], list[int]], Callable[[str], list[int]]], text: str
) -> None:
    """Whatever the text, code or Unicode, both cut it into the same tokens."""
    found, expected = tokenize

    assert found(text) == expected(text)
