"""One small config.json per family of the converter, and random weights for it, made from the family's own table."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from convert.families import FAMILIES

_ROTARY = {
    "hidden_size": 256,
    "intermediate_size": 256,
    "num_hidden_layers": 8,
    "num_attention_heads": 4,
    "num_key_value_heads": 1,
    "max_position_embeddings": 64,
    "vocab_size": 288,
    "bos_token_id": 0,
    "eos_token_id": 0,
}
_SILU = {"hidden_act": "silu", "rms_norm_eps": 1e-6}

TINY: dict[str, dict[str, Any]] = {
    "GPTBigCodeForCausalLM": {
        "activation_function": "gelu_pytorch_tanh",
        "multi_query": True,
        "n_embd": 256,
        "n_head": 4,
        "n_inner": 256,
        "n_layer": 8,
        "n_positions": 64,
        "layer_norm_epsilon": 1e-5,
        "vocab_size": 288,
        "bos_token_id": 0,
        "eos_token_id": 0,
    },
    "Starcoder2ForCausalLM": _ROTARY
    | {"hidden_act": "gelu_pytorch_tanh", "norm_epsilon": 1e-5, "use_bias": True, "rope_theta": 1e5},
    "LlamaForCausalLM": _ROTARY
    | _SILU
    | {
        "head_dim": 32,
        "attention_bias": True,
        "mlp_bias": True,
        "rope_parameters": {
            "rope_type": "llama3",
            "rope_theta": 5e5,
            "factor": 8.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 32,
        },
    },
    "Qwen2ForCausalLM": _ROTARY
    | _SILU
    | {"rope_theta": 1e6, "rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}},
    "Qwen3ForCausalLM": _ROTARY | _SILU | {"head_dim": 32, "rope_theta": 1e6},
    "Qwen3MoeForCausalLM": _ROTARY
    | _SILU
    | {
        "head_dim": 32,
        "rope_theta": 1e6,
        "moe_intermediate_size": 32,
        "num_experts": 8,
        "num_experts_per_tok": 2,
        "norm_topk_prob": True,
    },
}
"""By architecture. Eight layers, and four query heads to a key-value head: llama.cpp's rules of types all show."""


def tiny_config(architecture: str, **changes: Any) -> dict[str, Any]:
    """Return the small config.json of a family, with settings replaced."""
    return {"architectures": [architecture], **TINY[architecture], **changes}


def random_weights(config: Mapping[str, Any], *, tied: bool, seed: int = 3) -> dict[str, np.ndarray]:
    """Return float32 weights under Hugging Face names; the norms are not all one, nor the biases zero."""
    family, rng = FAMILIES[config["architectures"][0]], np.random.default_rng(seed)
    shapes = {source: each.shape for each in family.tensors(config) for source in each.sources}
    if not tied:
        shapes[family.output[0]] = shapes[family.embedding]
    return {name: rng.normal(0, 0.05, shape).astype(np.float32) for name, shape in shapes.items()}
