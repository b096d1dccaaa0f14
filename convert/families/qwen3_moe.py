"""Qwen3 mixture of experts: Qwen3's attention; a router picks a few of each layer's feed-forward networks per token.

The experts' matrices lie one by one in a checkpoint (also in one that transformers 5 saves, though it fuses them in
memory) and stacked in GGUF. llama.cpp has experts in every layer, and lets the weights of the picked ones add up to 1.

Source: `Qwen3MoeModel` in llama.cpp's convert_hf_to_gguf.py; src/models/qwen3moe.cpp; Qwen3MoeConfig in transformers.
"""

from assistant.models.gguf import Value
from convert.families.decoder import decoder_metadata, decoder_sizes, num_layers, require_full_attention, stated_head
from convert.families.family import Config, Family, TensorMap, count, epsilon, expand, require
from convert.source.files import refuse

MAX_EXPERTS = 1024
"""llama.cpp's own limit (LLAMA_MAX_EXPERTS)."""
MAX_ALL_EXPERTS = 1 << 15
"""Of all layers; the largest models have about 10,000."""

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
    ("mlp.gate.weight", "ffn_gate_inp.weight", "XE"),
    ("mlp.experts.*.gate_proj.weight", "ffn_gate_exps.weight", "ME"),
    ("mlp.experts.*.up_proj.weight", "ffn_up_exps.weight", "ME"),
    ("mlp.experts.*.down_proj.weight", "ffn_down_exps.weight", "EM"),
)
"""Source, target and shape; the letters are those of `decoder_sizes`, X experts, M one expert's feed-forward."""


def _metadata(config: Config) -> dict[str, Value]:
    require(config, "hidden_act", "silu", hint="llama.cpp computes only SiLU for this family")
    require(config, "attention_bias", False, None, hint="llama.cpp has no biases in the attention of this family")
    require(config, "decoder_sparse_step", 1, hint="llama.cpp has experts in every layer of this family")
    require(config, "mlp_only_layers", None, [], hint="llama.cpp has experts in every layer of this family")
    if config.get("norm_topk_prob") is not True:  # transformers takes false where it is absent
        refuse("config.json: norm_topk_prob is not true", hint="llama.cpp always lets the picked experts add up to 1")
    require_full_attention(config)
    return {
        **decoder_metadata(config, stated_head(config)),
        "attention.layer_norm_rms_epsilon": epsilon(config, "rms_norm_eps"),
        "expert_count": _num_experts(config),
        "expert_used_count": count(config, "num_experts_per_tok", most=_num_experts(config)),
        "expert_feed_forward_length": count(config, "moe_intermediate_size"),
    }


def _tensors(config: Config) -> tuple[TensorMap, ...]:
    layers, experts = num_layers(config), _num_experts(config)
    if layers * experts > MAX_ALL_EXPERTS:
        refuse(f"config.json: {layers} layers of {experts} experts are more than any model has")
    more = {"X": experts, "M": count(config, "moe_intermediate_size")}
    sizes = decoder_sizes(config, stated_head(config)) | more
    return expand(_WHOLE, _PER_LAYER, sizes, num_layers=layers, layers="model.layers")


def _num_experts(config: Config) -> int:
    """Read the number of experts, which transformers 5 calls num_local_experts."""
    key = "num_experts" if config.get("num_local_experts") is None else "num_local_experts"
    return count(config, key, most=MAX_EXPERTS)


FAMILY = Family(
    architecture="qwen3moe",
    metadata=_metadata,
    tensors=_tensors,
    embedding="model.embed_tokens.weight",
    is_tied_by_default=False,
)
