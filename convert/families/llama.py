"""Llama, and what has its form: CodeLlama, DeepSeek-Coder, the Granite code models of 3 and 8 billion parameters.

llama.cpp turns pairs of numbers next to each other where Hugging Face turns the two halves of a head, so the rows of
the query's and key's heads are interleaved. Some models have biases (Granite), some longer heads than the embedding
cut evenly, and Llama 3.1's scaling of the positions becomes a tensor.

Source: `LlamaModel` in llama.cpp's convert_hf_to_gguf.py; src/models/llama.cpp.
"""

import numpy as np

from assistant.models.gguf import Value
from convert.families.decoder import decoder_metadata, decoder_sizes, num_layers, stated_head
from convert.families.family import Config, Family, TensorMap, count, epsilon, expand, flag, require
from convert.families.rope import rope_divisors

_WHOLE = (
    ("model.embed_tokens.weight", "token_embd.weight", "VE"),
    ("model.norm.weight", "output_norm.weight", "E"),
)
_PER_LAYER = (
    ("input_layernorm.weight", "attn_norm.weight", "E"),
    ("self_attn.v_proj.weight", "attn_v.weight", "KE"),
    ("self_attn.o_proj.weight", "attn_output.weight", "EQ"),
    ("post_attention_layernorm.weight", "ffn_norm.weight", "E"),
    ("mlp.gate_proj.weight", "ffn_gate.weight", "FE"),
    ("mlp.up_proj.weight", "ffn_up.weight", "FE"),
    ("mlp.down_proj.weight", "ffn_down.weight", "EF"),
)
_ROTATED = (
    ("self_attn.q_proj.weight", "attn_q.weight", "QE"),
    ("self_attn.k_proj.weight", "attn_k.weight", "KE"),
)
_ATTENTION_BIAS = (
    ("self_attn.v_proj.bias", "attn_v.bias", "K"),
    ("self_attn.o_proj.bias", "attn_output.bias", "E"),
)
_ROTATED_BIAS = (
    ("self_attn.q_proj.bias", "attn_q.bias", "Q"),
    ("self_attn.k_proj.bias", "attn_k.bias", "K"),
)
_MLP_BIAS = (
    ("mlp.gate_proj.bias", "ffn_gate.bias", "F"),
    ("mlp.up_proj.bias", "ffn_up.bias", "F"),
    ("mlp.down_proj.bias", "ffn_down.bias", "E"),
)
"""Source, target and shape; the letters are those of `decoder_sizes`."""


def _metadata(config: Config) -> dict[str, Value]:
    require(config, "hidden_act", "silu", hint="llama.cpp computes only SiLU for this family")
    head = stated_head(config)
    return {
        **decoder_metadata(config, head, rope_kinds=("default", "linear", "yarn", "llama3")),
        "attention.layer_norm_rms_epsilon": epsilon(config, "rms_norm_eps"),
        "rope.dimension_count": head,
        "vocab_size": count(config, "vocab_size"),
    }


def _tensors(config: Config) -> tuple[TensorMap, ...]:
    per_layer, rotated = _PER_LAYER, _ROTATED
    if flag(config, "attention_bias"):
        per_layer, rotated = per_layer + _ATTENTION_BIAS, rotated + _ROTATED_BIAS
    if flag(config, "mlp_bias"):
        per_layer += _MLP_BIAS
    sizes = decoder_sizes(config, stated_head(config))
    return expand(_WHOLE, per_layer, sizes, num_layers=num_layers(config), layers="model.layers", rotated=rotated)


def _constants(config: Config) -> dict[str, np.ndarray]:
    divisors = rope_divisors(config, stated_head(config))
    return {} if divisors is None else {"rope_freqs.weight": divisors}


FAMILY = Family(
    architecture="llama",
    metadata=_metadata,
    tensors=_tensors,
    embedding="model.embed_tokens.weight",
    is_tied_by_default=False,
    ignored=(".rotary_emb.inv_freq",),
    constants=_constants,
)
