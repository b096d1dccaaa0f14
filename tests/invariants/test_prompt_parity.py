"""What a model is trained on is what it is served: the same ids for the same hole and the same conversation."""

from typing import Any

import llama_cpp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant import paths
from assistant.models.gguf import read_gguf
from assistant.prompts import STARCODER_FIM, chat_prompt, fim_prompt
from assistant.protocol import Message
from assistant.runtime.llama import Vocab, quiet_logs

tokenizers = pytest.importorskip("tokenizers", reason="training is not installed")
texts = st.lists(
    st.one_of(
        st.sampled_from(["<fim_middle>", "<|endoftext|>", "def f(x):\n    ", "123", "\r\n"]), st.text(max_size=10)
    ),
    max_size=5,
).map("".join)


@pytest.fixture(scope="module")
def served() -> Vocab:
    """The vocabulary as the engine sees it, in the GGUF."""
    quiet_logs()
    params: Any = llama_cpp.llama_model_default_params()
    params.vocab_only = True
    return Vocab(llama_cpp.llama_model_load_from_file(str(paths.BUILTIN_MODEL).encode(), params))


@pytest.fixture(scope="module")
def trained():
    """The same vocabulary as the trainer sees it, rebuilt for `tokenizers` from the GGUF's tokens and merges."""
    from training.tokenizer import Codec

    metadata = read_gguf(paths.BUILTIN_MODEL).metadata
    vocab = {token: number for number, token in enumerate(metadata["tokenizer.ggml.tokens"])}
    merges = [tuple(merge.split(" ")) for merge in metadata["tokenizer.ggml.merges"]]
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocab, merges=merges))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
        [
            tokenizers.pre_tokenizers.Digits(individual_digits=True),
            tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    return Codec(tokenizer)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(prefix=texts, suffix=texts, order=st.sampled_from(["psm", "spm"]))
def test_a_hole_has_the_same_ids_in_training_and_in_the_engine(served, trained, prefix, suffix, order) -> None:
    """In both orders, whatever the text spells."""
    layout = fim_prompt(STARCODER_FIM, prefix, suffix, order=order)

    assert served.encode(layout) == trained.encode_prompt(layout)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.lists(texts, min_size=1, max_size=3))
def test_a_conversation_has_the_same_ids_in_training_and_in_the_engine(served, trained, contents) -> None:
    """Turns alternate; only the end-of-text tokens between them are control tokens."""
    roles = ("user", "assistant")
    turns = [Message(role=roles[number % 2], content=content) for number, content in enumerate(contents)]

    assert served.encode(chat_prompt(turns)) == trained.encode_prompt(chat_prompt(turns))
