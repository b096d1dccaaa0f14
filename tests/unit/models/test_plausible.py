"""A well-formed header of a model that cannot be is refused before llama.cpp, which would abort, sees it."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.errors import ModelFileError
from assistant.models.card import read_card

U32, F32, STRING, ARRAY, I32_ARRAY = 4, 6, 8, 9, struct.pack("<I", 5)
NAN, INFINITY = struct.pack("<f", float("nan")), struct.pack("<f", float("inf"))


def u32(value: int) -> bytes:
    """Return a stored whole number."""
    return struct.pack("<I", value)


@pytest.mark.parametrize(
    ("key", "kind", "value"),
    [
        ("starcoder.block_count", U32, u32(0)),
        ("starcoder.block_count", U32, u32(1 << 31)),
        ("starcoder.context_length", U32, u32(0)),
        ("starcoder.context_length", U32, u32(1 << 30)),
        ("starcoder.embedding_length", U32, u32(33)),
        ("starcoder.attention.head_count", U32, u32(1 << 20)),
        ("starcoder.feed_forward_length", F32, NAN),
        ("starcoder.feed_forward_length", ARRAY, I32_ARRAY + struct.pack("<Qii", 2, 64, -1)),
        ("starcoder.attention.layer_norm_epsilon", F32, NAN),
        ("starcoder.attention.layer_norm_epsilon", F32, struct.pack("<f", 1e30)),
        ("starcoder.rope.freq_base", F32, INFINITY),
        ("tokenizer.ggml.eos_token_id", U32, u32(4)),
        ("tokenizer.ggml.fim_pre_token_id", STRING, struct.pack("<Q", 0)),
        ("tokenizer.ggml.token_type", ARRAY, I32_ARRAY + struct.pack("<Qi", 1, 1)),
    ],
)
def test_a_number_that_no_model_has_is_refused(
    with_keys: Callable[..., Path], key: str, kind: int, value: bytes
) -> None:
    """Hyper-parameters, special ids and the lists beside the vocabulary must be possible; the key is named."""
    with pytest.raises(ModelFileError, match=key.removeprefix("starcoder.")) as caught:
        read_card(with_keys((key, kind, value)))

    assert caught.value.hint


def test_a_list_per_layer_may_hold_zeros(with_keys: Callable[..., Path]) -> None:
    """A layer of a mixed family may have no attention heads at all."""
    heads = I32_ARRAY + struct.pack("<Qii", 2, 4, 0)

    assert read_card(with_keys(("starcoder.attention.head_count_kv", ARRAY, heads))).architecture == "starcoder"


@pytest.mark.parametrize(
    ("tensor", "reason"),
    [
        (("output_norm.weight", (32,), 1, 0), "output_norm.weight is stored as F16"),
        (("token_embd.weight", (32, 4), 26, 0), "token_embd.weight is stored as I32"),
        (("token_embd.weight", (64, 2), 0, 0), "embedding_length is 32, but its tensors say 64"),
        (("blk.3.attn_norm.weight", (32,), 0, 0), "block_count is None, but its tensors say 4"),
    ],
)
def test_a_tensor_that_contradicts_the_metadata_is_refused(
    write_gguf: Callable[..., Path], tensor: tuple, reason: str
) -> None:
    """Types fit the role, shapes and layers the hyper-parameters."""
    with pytest.raises(ModelFileError, match=reason):
        read_card(write_gguf(tensors=(tensor,), data_bytes=512))
