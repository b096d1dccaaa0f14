"""What a runnable model's header must say besides being well formed: llama.cpp aborts the process on much of the rest.

Only what every family shares is judged, so that a new one is not refused for being new. The engine stays expendable:
this makes its death rare, not impossible.
"""

import math
import re
from typing import NoReturn

from assistant.errors import ModelFileError
from assistant.models.gguf import GgufFile, Value

_MOST = {
    "block_count": 512,
    "context_length": 1 << 24,
    "embedding_length": 1 << 18,
    "feed_forward_length": 1 << 20,
    "attention.head_count": 1024,
    "attention.head_count_kv": 1024,
    "attention.key_length": 1 << 16,
    "attention.value_length": 1 << 16,
    "rope.dimension_count": 1 << 16,
}
"""Largest plausible value of the whole numbers under the architecture's prefix; 0 only where there is one per layer."""

_MOST_EXPERTS = 1024
_ROPE_SCALINGS = ("none", "linear", "yarn", "longrope")
_KINDS = {"token_type": (int,), "scores": (int, float), "merges": (str,)}
"""Of the entries of the lists under `tokenizer.ggml.`."""

_NO_WEIGHT_TYPES = ("I8", "I16", "I32", "I64", "F64")
_TOKEN_ID = re.compile(r"tokenizer\.ggml\.\w+_token_id")
_LAYER = re.compile(r"blk\.(\d{1,4})\.")


def check_plausible(gguf: GgufFile) -> None:
    """Refuse a header whose numbers no model has, or whose parts contradict each other.

    Raises:
        ModelFileError: A hyper-parameter is out of range, a tensor has a type its role cannot have, or the vocabulary,
            the layers or the embedding are not of the size the metadata says.
    """
    architecture = gguf.metadata.get("general.architecture")
    for key, most in _MOST.items():
        _check_whole(gguf.metadata.get(f"{architecture}.{key}", 1), most, key)
    for key, value in gguf.metadata.items():
        is_hyper_parameter = key.startswith(f"{architecture}.")  # a vocabulary's scores may be what they like
        for number in value if isinstance(value, tuple) and is_hyper_parameter else (value,):
            if isinstance(number, float):
                _check_real(number, key)
    _check_experts(gguf, architecture)
    _check_rope(gguf, architecture)
    _check_vocabulary(gguf)
    _check_tensors(gguf, architecture)


def _check_whole(value: Value, most: int, key: str) -> None:
    numbers, least = (value, 0) if isinstance(value, tuple) else ((value,), 1)
    for number in numbers:
        if not isinstance(number, int) or not least <= number <= most:
            refuse(f"{key} is {number!r}, not a whole number from {least} to {most}")


def _check_real(value: float, key: str) -> None:
    if not math.isfinite(value) or (key.endswith("epsilon") and not 0 < value < 1):
        refuse(f"{key} is {value}")


def _check_experts(gguf: GgufFile, architecture: Value | None) -> None:
    """Source: llama-model.cpp, `load_hparams`, which aborts otherwise."""
    count, groups, used_groups = (
        gguf.metadata.get(f"{architecture}.{key}", 0)
        for key in ("expert_count", "expert_group_count", "expert_group_used_count")
    )
    used = gguf.metadata.get(f"{architecture}.expert_used_count", 0)
    found = (count, groups, used_groups, *(used if isinstance(used, tuple) else (used,)))
    numbers = [number for number in found if isinstance(number, int) and 0 <= number <= _MOST_EXPERTS]
    if len(numbers) < len(found) or used == ():
        refuse(f"the numbers of experts are {found!r}")
    count, groups, used_groups, *used = numbers
    is_possible = 0 < max(used) <= count and groups < count if count else not max(used) and not groups
    if not is_possible or (groups > 1 and (count % groups or not 0 < used_groups < groups)):
        refuse(f"it cannot use {max(used)} experts of {count}, in {used_groups} groups of {groups}")


def _check_rope(gguf: GgufFile, architecture: Value | None) -> None:
    scaling = gguf.metadata.get(f"{architecture}.rope.scaling.type", "none")
    if scaling not in _ROPE_SCALINGS:
        refuse(f"rope.scaling.type is {scaling!r}")
    width, num_heads, rotated, head_size = (
        gguf.metadata.get(f"{architecture}.{key}")
        for key in ("embedding_length", "attention.head_count", "rope.dimension_count", "attention.key_length")
    )
    if head_size is None and isinstance(width, int) and isinstance(num_heads, int):
        head_size = width // num_heads
    if isinstance(rotated, int) and isinstance(head_size, int) and rotated > head_size:
        refuse(f"rope.dimension_count is {rotated}, but a head has {head_size} dimensions")


def _check_vocabulary(gguf: GgufFile) -> None:
    tokens = gguf.metadata.get("tokenizer.ggml.tokens")
    texts = tuple(map(str, tokens)) if isinstance(tokens, tuple) else ()
    num_tokens = len(texts)
    if len({text.partition("\0")[0] or n for n, text in enumerate(texts)}) < num_tokens:
        refuse("tokenizer.ggml.tokens holds the same token twice")  # as C reads them: up to a NUL
    for name, kinds in _KINDS.items():
        entries = gguf.metadata.get(f"tokenizer.ggml.{name}", ())
        if not isinstance(entries, tuple) or not all(type(entry) in kinds for entry in entries):
            refuse(f"tokenizer.ggml.{name} is no list, or holds something that does not belong there")
    for key in ("tokenizer.ggml.token_type", "tokenizer.ggml.scores"):
        entries = gguf.metadata.get(key)
        if entries is not None and (not isinstance(entries, tuple) or len(entries) != num_tokens):
            refuse(f"{key} does not fit {num_tokens} tokens")
    ids = {key: value for key, value in gguf.metadata.items() if _TOKEN_ID.fullmatch(key)}
    for key, value in ids.items():
        if not isinstance(value, int) or not 0 <= value < num_tokens:
            refuse(f"{key} is {value!r}, which is not among its {num_tokens} tokens")


def _check_tensors(gguf: GgufFile, architecture: Value | None) -> None:
    for tensor in gguf.tensors:
        if tensor.type.name in _NO_WEIGHT_TYPES or (len(tensor.shape) == 1 and tensor.type.name != "F32"):
            refuse(f"{tensor.name} is stored as {tensor.type.name}")
        if tensor.name == "token_embd.weight":
            _check_equal(gguf, f"{architecture}.embedding_length", tensor.shape[-1])
    layers = {int(name[1]) for tensor in gguf.tensors if (name := _LAYER.match(tensor.name))}
    if layers:
        _check_equal(gguf, f"{architecture}.block_count", max(layers) + 1)


def _check_equal(gguf: GgufFile, key: str, found: int) -> None:
    if gguf.metadata.get(key) != found:
        refuse(f"{key} is {gguf.metadata.get(key)!r}, but its tensors say {found}")


def refuse(reason: str, *, hint: str = "use another file, or convert the model again") -> NoReturn:
    """Refuse a file that is a GGUF but no model that can run."""
    raise ModelFileError(f"not a usable model: {reason}", hint=hint)
