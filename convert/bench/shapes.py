"""Shapes of real models, as the config.json that Hugging Face and llama.cpp read: what is measured is measured on them.

Source: config.json of bigcode/starcoder, bigcode/starcoderbase-1b and Qwen/Qwen2.5-Coder-1.5B; the small ones are ours.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

from convert.families import family_of
from convert.gguf_writer import plan_layout
from convert.type_rules import tensor_types


@dataclass(frozen=True, slots=True)
class Shape:
    """The hyper-parameters of one model; unless it is a chain, its output projection is its token embedding."""

    name: str
    config: dict[str, Any]
    """config.json without what the vocabulary and the stored type decide."""
    marks: tuple[str, ...] = ()
    """Control tokens that the family's coders have; a vocabulary that lacks them gets them."""
    is_chain: bool = False
    """It says what `convert.bench.chain` lets it say, at the price of any model of its size."""

    @property
    def num_vocabulary_tokens(self) -> int:
        """Rows of the token embedding."""
        return self.config["vocab_size"]

    @property
    def tensors(self) -> dict[str, tuple[int, ...]]:
        """Shape of every tensor of the checkpoint, by name.

        Raises:
            ModelFileError: The shape is of a family that this version does not convert.
        """
        maps = family_of(self.config).all_tensors(self.config, is_tied=not self.is_chain)
        return {source: each.shape for each in maps for source in each.sources}

    @property
    def num_weights(self) -> int:
        """Numbers in all tensors."""
        return sum(math.prod(shape) for shape in self.tensors.values())

    def result_bytes(self, file_type: str) -> int:
        """Compute the size of the GGUF file without its vocabulary.

        Args:
            file_type: A key of `convert.file_types.FILE_TYPE_IDS`.
        """
        family = family_of(self.config)
        metadata = {f"{family.architecture}.{key}": value for key, value in family.metadata(self.config).items()}
        metadata["general.architecture"] = family.architecture
        maps = family.all_tensors(self.config, is_tied=not self.is_chain)
        tensors = [(each.target, each.stacked_shape) for each in maps]
        types = tensor_types(metadata, tensors, file_type)
        return plan_layout(metadata, [(name, shape, types[name]) for name, shape in tensors]).num_bytes


QWEN2_MARKS = ("<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>")
"""Source: tokenizer_config.json of Qwen/Qwen2.5-Coder-1.5B."""


def starcoder(name: str, *, layers: int, embedding: int, heads: int, vocabulary: int, positions: int) -> Shape:
    """Shape of a StarCoder: one key-value head, and a feed-forward part four times as wide as the embedding."""
    config = {
        "architectures": ["GPTBigCodeForCausalLM"],
        "model_type": "gpt_bigcode",
        "activation_function": "gelu_pytorch_tanh",
        "attention_softmax_in_fp32": True,
        "attn_pdrop": 0.1,
        "embd_pdrop": 0.1,
        "initializer_range": 0.02,
        "layer_norm_epsilon": 1e-5,
        "multi_query": True,
        "n_embd": embedding,
        "n_head": heads,
        "n_inner": 4 * embedding,
        "n_layer": layers,
        "n_positions": positions,
        "resid_pdrop": 0.1,
        "scale_attention_softmax_in_fp32": True,
        "scale_attn_weights": True,
        "tie_word_embeddings": True,
        "use_cache": True,
        "vocab_size": vocabulary,
    }
    return Shape(name, config)


def qwen2(
    name: str, *, layers: int, embedding: int, heads: int, kv_heads: int, feed_forward: int, vocabulary: int
) -> Shape:
    """Shape of a Qwen2 with tied embeddings."""
    config = {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "attention_dropout": 0.0,
        "hidden_act": "silu",
        "hidden_size": embedding,
        "initializer_range": 0.02,
        "intermediate_size": feed_forward,
        "max_position_embeddings": 32768,
        "num_attention_heads": heads,
        "num_hidden_layers": layers,
        "num_key_value_heads": kv_heads,
        "rms_norm_eps": 1e-6,
        "rope_theta": 1000000.0,
        "tie_word_embeddings": True,
        "use_cache": True,
        "use_sliding_window": False,
        "vocab_size": vocabulary,
    }
    return Shape(name, config, QWEN2_MARKS)


def chain(shape: Shape) -> Shape:
    """The same shape with an output projection of its own, which makes it a chain."""
    config = shape.config | {"tie_word_embeddings": False}
    return replace(shape, name=f"{shape.name}-chain", config=config, is_chain=True)


_STARCODER_1B = starcoder("starcoder-1b", layers=24, embedding=2048, heads=16, vocabulary=49152, positions=8192)
_STARCODER_100M = starcoder("starcoder-100m", layers=12, embedding=768, heads=12, vocabulary=49152, positions=8192)

SHAPES = {
    shape.name: shape
    for shape in (
        starcoder("starcoder-15b", layers=40, embedding=6144, heads=48, vocabulary=49152, positions=8192),
        _STARCODER_1B,
        _STARCODER_100M,
        chain(_STARCODER_1B),
        chain(_STARCODER_100M),
        qwen2("qwen2-1.5b", layers=28, embedding=1536, heads=12, kv_heads=2, feed_forward=8960, vocabulary=151936),
        qwen2("qwen2-1b", layers=18, embedding=1536, heads=12, kv_heads=2, feed_forward=8960, vocabulary=151936),
        qwen2("qwen2-100m", layers=8, embedding=512, heads=8, kv_heads=2, feed_forward=2048, vocabulary=151936),
    )
}
