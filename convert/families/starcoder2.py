"""StarCoder2: rotary positions, layer norms and biases everywhere, a plain feed-forward network with GELU.

Its windows of 4,096 tokens are not for llama.cpp, which lets every token attend to all before it, as the official
converter has it: beyond the window the logits differ from those of transformers.

Source: `StarCoder2Model` in llama.cpp's convert_hf_to_gguf.py; src/models/starcoder2.cpp.
"""

from assistant.models.gguf import Value
from convert.families.decoder import decoder_metadata, decoder_sizes, even_head, num_layers
from convert.families.family import TANH_GELU, Config, Family, TensorMap, epsilon, expand, require

_WHOLE = (
    ("model.embed_tokens.weight", "token_embd.weight", "VE"),
    ("model.norm.weight", "output_norm.weight", "E"),
    ("model.norm.bias", "output_norm.bias", "E"),
)
_PER_LAYER = (
    ("input_layernorm.weight", "attn_norm.weight", "E"),
    ("input_layernorm.bias", "attn_norm.bias", "E"),
    ("self_attn.q_proj.weight", "attn_q.weight", "QE"),
    ("self_attn.q_proj.bias", "attn_q.bias", "Q"),
    ("self_attn.k_proj.weight", "attn_k.weight", "KE"),
    ("self_attn.k_proj.bias", "attn_k.bias", "K"),
    ("self_attn.v_proj.weight", "attn_v.weight", "KE"),
    ("self_attn.v_proj.bias", "attn_v.bias", "K"),
    ("self_attn.o_proj.weight", "attn_output.weight", "EQ"),
    ("self_attn.o_proj.bias", "attn_output.bias", "E"),
    ("post_attention_layernorm.weight", "ffn_norm.weight", "E"),
    ("post_attention_layernorm.bias", "ffn_norm.bias", "E"),
    ("mlp.c_fc.weight", "ffn_up.weight", "FE"),
    ("mlp.c_fc.bias", "ffn_up.bias", "F"),
    ("mlp.c_proj.weight", "ffn_down.weight", "EF"),
    ("mlp.c_proj.bias", "ffn_down.bias", "E"),
)
"""Source, target and shape; the letters are those of `decoder_sizes`."""


def _metadata(config: Config) -> dict[str, Value]:
    require(config, "hidden_act", *TANH_GELU, hint=f"llama.cpp computes only {', '.join(TANH_GELU)} for this family")
    require(config, "use_bias", True, hint="llama.cpp wants all biases of this family")
    return {
        **decoder_metadata(config, even_head(config)),
        "attention.layer_norm_epsilon": epsilon(config, "norm_epsilon"),
    }


def _tensors(config: Config) -> tuple[TensorMap, ...]:
    sizes = decoder_sizes(config, even_head(config))
    return expand(_WHOLE, _PER_LAYER, sizes, num_layers=num_layers(config), layers="model.layers")


FAMILY = Family(
    architecture="starcoder2",
    metadata=_metadata,
    tensors=_tensors,
    embedding="model.embed_tokens.weight",
    is_tied_by_default=True,
)
