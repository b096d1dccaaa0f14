"""Qwen2, Qwen2.5 and Qwen2.5-Coder: Llama's form with biases on query, key and value.

Source: `Qwen2Model` in llama.cpp's convert_hf_to_gguf.py; src/models/qwen2.cpp.
"""

from assistant.models.gguf import Value
from convert.families.decoder import decoder_metadata, decoder_sizes, even_head, num_layers, require_full_attention
from convert.families.family import Config, Family, TensorMap, epsilon, expand, require

_WHOLE = (
    ("model.embed_tokens.weight", "token_embd.weight", "VE"),
    ("model.norm.weight", "output_norm.weight", "E"),
)
_PER_LAYER = (
    ("input_layernorm.weight", "attn_norm.weight", "E"),
    ("self_attn.q_proj.weight", "attn_q.weight", "QE"),
    ("self_attn.q_proj.bias", "attn_q.bias", "Q"),
    ("self_attn.k_proj.weight", "attn_k.weight", "KE"),
    ("self_attn.k_proj.bias", "attn_k.bias", "K"),
    ("self_attn.v_proj.weight", "attn_v.weight", "KE"),
    ("self_attn.v_proj.bias", "attn_v.bias", "K"),
    ("self_attn.o_proj.weight", "attn_output.weight", "EQ"),
    ("post_attention_layernorm.weight", "ffn_norm.weight", "E"),
    ("mlp.gate_proj.weight", "ffn_gate.weight", "FE"),
    ("mlp.up_proj.weight", "ffn_up.weight", "FE"),
    ("mlp.down_proj.weight", "ffn_down.weight", "EF"),
)
"""Source, target and shape; the letters are those of `decoder_sizes`."""


def _metadata(config: Config) -> dict[str, Value]:
    require(config, "hidden_act", "silu", hint="llama.cpp computes only SiLU for this family")
    require_full_attention(config)
    return {
        **decoder_metadata(config, even_head(config)),
        "attention.layer_norm_rms_epsilon": epsilon(config, "rms_norm_eps"),
    }


def _tensors(config: Config) -> tuple[TensorMap, ...]:
    sizes = decoder_sizes(config, even_head(config))
    return expand(_WHOLE, _PER_LAYER, sizes, num_layers=num_layers(config), layers="model.layers")


FAMILY = Family(
    architecture="qwen2",
    metadata=_metadata,
    tensors=_tensors,
    embedding="model.embed_tokens.weight",
    is_tied_by_default=False,
)
