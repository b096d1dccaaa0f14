"""Qwen3, dense: a norm over each head of query and key instead of Qwen2's biases, and heads of a size of their own.

Source: `Qwen3Model` in llama.cpp's convert_hf_to_gguf.py; src/models/qwen3.cpp; Qwen3Config in transformers.
"""

from assistant.models.gguf import Value
from convert.families.decoder import decoder_metadata, decoder_sizes, num_layers, require_full_attention, stated_head
from convert.families.family import Config, Family, TensorMap, epsilon, expand, require

DEFAULT_HEAD_SIZE = 128
"""What transformers takes where config.json has no head_dim."""

_WHOLE = (
    ("model.embed_tokens.weight", "token_embd.weight", "VE"),
    ("model.norm.weight", "output_norm.weight", "E"),
)
_PER_LAYER = (
    ("input_layernorm.weight", "attn_norm.weight", "E"),
    ("self_attn.q_proj.weight", "attn_q.weight", "QE"),
    ("self_attn.q_norm.weight", "attn_q_norm.weight", "H"),
    ("self_attn.k_proj.weight", "attn_k.weight", "KE"),
    ("self_attn.k_norm.weight", "attn_k_norm.weight", "H"),
    ("self_attn.v_proj.weight", "attn_v.weight", "KE"),
    ("self_attn.o_proj.weight", "attn_output.weight", "EQ"),
    ("post_attention_layernorm.weight", "ffn_norm.weight", "E"),
    ("mlp.gate_proj.weight", "ffn_gate.weight", "FE"),
    ("mlp.up_proj.weight", "ffn_up.weight", "FE"),
    ("mlp.down_proj.weight", "ffn_down.weight", "EF"),
)
"""Source, target and shape; the letters are those of `decoder_sizes`."""


def _metadata(config: Config) -> dict[str, Value]:
    require(config, "hidden_act", "silu", hint="llama.cpp computes only SiLU for this family")
    require(config, "attention_bias", False, None, hint="llama.cpp has no biases in the attention of this family")
    require_full_attention(config)
    return {
        **decoder_metadata(config, stated_head(config, default=DEFAULT_HEAD_SIZE)),
        "attention.layer_norm_rms_epsilon": epsilon(config, "rms_norm_eps"),
    }


def _tensors(config: Config) -> tuple[TensorMap, ...]:
    sizes = decoder_sizes(config, stated_head(config, default=DEFAULT_HEAD_SIZE))
    return expand(_WHOLE, _PER_LAYER, sizes, num_layers=num_layers(config), layers="model.layers")


FAMILY = Family(
    architecture="qwen3",
    metadata=_metadata,
    tensors=_tensors,
    embedding="model.embed_tokens.weight",
    is_tied_by_default=False,
)
