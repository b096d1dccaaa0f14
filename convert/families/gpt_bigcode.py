"""GPTBigCode (SantaCoder, StarCoder) as llama.cpp's "starcoder": learned positions, one key-value head, GELU.

Source: llama.cpp's convert_hf_to_gguf.py and llama-model.cpp. The fused query-key-value rows keep their order:
(n_embd query | head key | head value). Unlike that converter, this one reads n_inner and refuses multi_query = false,
whose rows interleave per head and would become a model that talks nonsense.
"""

from assistant.models.gguf import Scalar
from convert.family import Config, Family, TensorName, count
from convert.source_files import refuse

TANH_GELU = ("gelu_pytorch_tanh", "gelu_new", "gelu_fast")
"""Names of the one function that ggml computes."""

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


def _metadata(config: Config) -> dict[str, Scalar]:
    if config.get("multi_query", True) is not True:
        refuse("config.json: multi_query is false", hint="convert a multi-query checkpoint, such as StarCoder")
    if config.get("activation_function") not in TANH_GELU:
        refuse(
            f"config.json: activation_function is {str(config.get('activation_function'))[:80]!r}",
            hint=f"llama.cpp computes only {', '.join(TANH_GELU)} for this family",
        )
    if config.get("scale_attn_weights", True) is not True:
        refuse("config.json: scale_attn_weights is false", hint="llama.cpp always scales the attention of this family")
    if count(config, "n_embd") % count(config, "n_head"):
        refuse("config.json: n_embd is not a multiple of n_head")
    return {
        "context_length": count(config, "n_positions"),
        "embedding_length": count(config, "n_embd"),
        "feed_forward_length": _feed_forward(config),
        "block_count": count(config, "n_layer", most=1024),
        "attention.head_count": count(config, "n_head", most=1024),
        "attention.head_count_kv": 1,
        "attention.layer_norm_epsilon": _epsilon(config),
    }


def _tensors(config: Config) -> tuple[TensorName, ...]:
    head = count(config, "n_embd") // count(config, "n_head")
    sizes = {
        "V": count(config, "vocab_size"),
        "P": count(config, "n_positions"),
        "E": count(config, "n_embd"),
        "F": _feed_forward(config),
        "Q": count(config, "n_embd") + 2 * head,
    }
    in_layers = (
        (f"transformer.h.{layer}.{source}", f"blk.{layer}.{target}", shape)
        for layer in range(count(config, "n_layer", most=1024))
        for source, target, shape in _PER_LAYER
    )
    return tuple(
        TensorName(source, target, tuple(sizes[letter] for letter in shape))
        for source, target, shape in (*_WHOLE, *in_layers)
    )


def _feed_forward(config: Config) -> int:
    return count(config, "n_inner") if config.get("n_inner") is not None else 4 * count(config, "n_embd")


def _epsilon(config: Config) -> float:
    epsilon = config.get("layer_norm_epsilon")
    if not isinstance(epsilon, float) or not 0 < epsilon < 1:
        refuse(f"config.json: layer_norm_epsilon is {str(epsilon)[:80]!r}, not a number between 0 and 1")
    return epsilon


GPT_BIGCODE = Family(
    architecture="starcoder",
    metadata=_metadata,
    tensors=_tensors,
    output=("lm_head.weight", "output.weight"),
    embedding="transformer.wte.weight",
    ignored=(".attn.bias", ".attn.masked_bias"),
)
