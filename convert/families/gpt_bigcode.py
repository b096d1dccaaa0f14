"""GPTBigCode (SantaCoder, StarCoder) as llama.cpp's "starcoder": learned positions, one key-value head, GELU.

Source: llama.cpp's convert_hf_to_gguf.py and llama-model.cpp. The fused query-key-value rows keep their order:
(n_embd query | head key | head value). Unlike that converter, this one reads n_inner and refuses multi_query = false,
whose rows interleave per head and would become a model that talks nonsense.
"""

from assistant.models.gguf import Value
from convert.families.family import MAX_LAYERS, TANH_GELU, Config, Family, TensorMap, count, epsilon, expand, require
from convert.source.files import refuse

_WHOLE = (
    ("transformer.wte.weight", "token_embd.weight", "VE"),
    ("transformer.wpe.weight", "position_embd.weight", "PE"),
    ("transformer.ln_f.weight", "output_norm.weight", "E"),
    ("transformer.ln_f.bias", "output_norm.bias", "E"),
)
_PER_LAYER = (
    ("ln_1.weight", "attn_norm.weight", "E"),
    ("ln_1.bias", "attn_norm.bias", "E"),
    ("attn.c_attn.weight", "attn_qkv.weight", "QE"),
    ("attn.c_attn.bias", "attn_qkv.bias", "Q"),
    ("attn.c_proj.weight", "attn_output.weight", "EE"),
    ("attn.c_proj.bias", "attn_output.bias", "E"),
    ("ln_2.weight", "ffn_norm.weight", "E"),
    ("ln_2.bias", "ffn_norm.bias", "E"),
    ("mlp.c_fc.weight", "ffn_up.weight", "FE"),
    ("mlp.c_fc.bias", "ffn_up.bias", "F"),
    ("mlp.c_proj.weight", "ffn_down.weight", "EF"),
    ("mlp.c_proj.bias", "ffn_down.bias", "E"),
)
"""Source, target and shape: V vocabulary, P positions, E embedding, F feed-forward, Q fused query, key and value."""


def _metadata(config: Config) -> dict[str, Value]:
    require(config, "multi_query", True, hint="convert a multi-query checkpoint, such as StarCoder")
    if config.get("activation_function") not in TANH_GELU:
        refuse(
            f"config.json: activation_function is {str(config.get('activation_function'))[:80]!r}",
            hint=f"llama.cpp computes only {', '.join(TANH_GELU)} for this family",
        )
    require(config, "scale_attn_weights", True, hint="llama.cpp always scales the attention of this family")
    if count(config, "n_embd") % count(config, "n_head"):
        refuse("config.json: n_embd is not a multiple of n_head")
    return {
        "context_length": count(config, "n_positions"),
        "embedding_length": count(config, "n_embd"),
        "feed_forward_length": _feed_forward(config),
        "block_count": count(config, "n_layer", most=MAX_LAYERS),
        "attention.head_count": count(config, "n_head", most=1024),
        "attention.head_count_kv": 1,
        "attention.layer_norm_epsilon": epsilon(config, "layer_norm_epsilon"),
    }


def _tensors(config: Config) -> tuple[TensorMap, ...]:
    head = count(config, "n_embd") // count(config, "n_head")
    sizes = {
        "V": count(config, "vocab_size"),
        "P": count(config, "n_positions"),
        "E": count(config, "n_embd"),
        "F": _feed_forward(config),
        "Q": count(config, "n_embd") + 2 * head,
    }
    num_layers = count(config, "n_layer", most=MAX_LAYERS)
    return expand(_WHOLE, _PER_LAYER, sizes, num_layers=num_layers, layers="transformer.h")


def _feed_forward(config: Config) -> int:
    return count(config, "n_inner", default=4 * count(config, "n_embd"))


FAMILY = Family(
    architecture="starcoder",
    metadata=_metadata,
    tensors=_tensors,
    embedding="transformer.wte.weight",
    is_tied_by_default=True,
    ignored=(".attn.bias", ".attn.masked_bias"),
)
