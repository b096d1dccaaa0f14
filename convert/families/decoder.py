"""What the families with rotary positions share: the names of their settings, and the letters of their tables."""

from assistant.models.gguf import Value
from convert.families.family import MAX_LAYERS, Config, count, require
from convert.families.rope import rope_metadata
from convert.source.files import refuse

MAX_HEADS = 1024
MAX_HEAD_SIZE = 4096
FULL_ATTENTION_HINT = "llama.cpp lets every layer of this family attend to all tokens"


def decoder_metadata(
    config: Config, head: int, *, rope_kinds: tuple[str, ...] = ("default", "linear", "yarn")
) -> dict[str, Value]:
    """Describe the shape of a decoder.

    Args:
        config: config.json.
        head: Size of an attention head.
        rope_kinds: The kinds of `convert.families.rope` that llama.cpp computes for this family.

    Raises:
        ModelFileError: A setting is missing, out of range, or contradicts another.
    """
    heads, groups = _heads(config)
    return {
        "context_length": count(config, "max_position_embeddings"),
        "embedding_length": count(config, "hidden_size"),
        "feed_forward_length": count(config, "intermediate_size"),
        "block_count": num_layers(config),
        "attention.head_count": heads,
        "attention.head_count_kv": groups,
        "attention.key_length": head,
        "attention.value_length": head,
        **rope_metadata(config, kinds=rope_kinds),
    }


def decoder_sizes(config: Config, head: int) -> dict[str, int]:
    """Say what the letters stand for.

    V vocabulary, E embedding, F feed-forward, Q all heads of the query, K those of the key or of the value, H one head.
    """
    heads, groups = _heads(config)
    return {
        "V": count(config, "vocab_size"),
        "E": count(config, "hidden_size"),
        "F": count(config, "intermediate_size"),
        "Q": heads * head,
        "K": groups * head,
        "H": head,
    }


def num_layers(config: Config) -> int:
    """Read the number of layers."""
    return count(config, "num_hidden_layers", most=MAX_LAYERS)


def even_head(config: Config) -> int:
    """Compute the size of a head where the embedding is cut evenly into heads; config.json may only repeat it."""
    heads, hidden = _heads(config)[0], count(config, "hidden_size")
    if hidden % heads:
        refuse("config.json: hidden_size is not a multiple of num_attention_heads")
    require(config, "head_dim", None, hidden // heads, hint="llama.cpp cuts the embedding of this family evenly")
    return _checked(hidden // heads)


def stated_head(config: Config, *, default: int | None = None) -> int:
    """Read the size of a head, which need not be the embedding cut evenly; `default` where config.json is silent."""
    if config.get("head_dim") is None:
        return default or even_head(config)
    return _checked(count(config, "head_dim"))


def require_full_attention(config: Config) -> None:
    """Refuse layers that attend to a window only.

    Raises:
        ModelFileError: config.json asks for one.
    """
    require(config, "use_sliding_window", False, None, hint=FULL_ATTENTION_HINT)
    layers = config.get("layer_types") or []
    if not isinstance(layers, list) or any(each != "full_attention" for each in layers):
        refuse(f"config.json: layer_types is {str(layers)[:80]}", hint=FULL_ATTENTION_HINT)


def _heads(config: Config) -> tuple[int, int]:
    """Read the number of query heads, and of the key-value heads that they share."""
    heads = count(config, "num_attention_heads", most=MAX_HEADS)
    groups = count(config, "num_key_value_heads", most=MAX_HEADS, default=heads)
    if heads % groups:
        refuse("config.json: num_attention_heads is not a multiple of num_key_value_heads")
    return heads, groups


def _checked(head: int) -> int:
    if head % 2 or head > MAX_HEAD_SIZE:
        refuse(f"config.json: heads of {head} numbers cannot be rotated", hint=f"an even number up to {MAX_HEAD_SIZE}")
    return head
