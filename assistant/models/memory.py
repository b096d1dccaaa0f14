"""Whether a model can fit into this machine's memory, said before it is loaded."""

from collections.abc import Sequence

import psutil

from assistant.errors import ModelFileError
from assistant.models.gguf import GgufFile
from assistant.models.machine import memory
from assistant.models.opened import OpenModel

BYTES_PER_KV_NUMBER = 2
"""The KV cache is kept in 16-bit floats."""
OVERHEAD_BYTES = 512 << 20
"""Of an engine: its compute buffers and its program."""


def check_memory(file: OpenModel, context_tokens: int) -> None:
    """Refuse a model that clearly cannot fit.

    The weights are mapped, and the kernel reads them from disk again when memory is short. So they are held against all
    the memory there is, and only the KV cache, which nothing else can hold, against what is free.

    Raises:
        ModelFileError: It cannot; the numbers are in the message.
    """
    found, swap = memory(), psutil.swap_memory()
    if found.has_gpu:
        return
    check_fits(
        weights=file.card.num_bytes,
        kv=kv_bytes(file, context_tokens),
        free=found.free + swap.free,
        total=found.total + swap.total,
    )


def check_fits(*, weights: int, kv: int, free: int, total: int) -> None:
    """The rule of `check_memory`, all in bytes. Raises as it."""
    hint = "set a smaller context_tokens, choose a smaller model, or close other programs"
    if weights + kv > total:
        raise ModelFileError(
            f"the model needs {_gb(weights)} and its context {_gb(kv)}; this machine has {_gb(total)} of memory",
            hint=hint,
        )
    if kv > free:
        raise ModelFileError(f"the context needs {_gb(kv)} of memory; {_gb(free)} are free", hint=hint)


def fit_together(files: Sequence[OpenModel], *, context_tokens: int, total: int) -> bool:
    """Whether several models, each with a KV cache of its own, fit into `total` bytes."""
    return sum(file.card.num_bytes + kv_bytes(file, context_tokens) + OVERHEAD_BYTES for file in files) <= total


def kv_bytes(file: OpenModel, context_tokens: int) -> int:
    """Bytes of a KV cache of `context_tokens`; 0 where the header does not say enough."""
    return context_tokens * kv_bytes_per_token(file.header, file.card.architecture)


def kv_bytes_per_token(header: GgufFile, architecture: str) -> int:
    """Bytes of one token in a KV cache; 0 where the header does not say enough.

    Source: llama-hparams.cpp, `n_embd_k_gqa` and `n_embd_v_gqa`. A model with sliding windows may take less.
    """

    def number(key: str, default: int = 0) -> int:
        value = header.metadata.get(f"{architecture}.{key}", default)
        largest = max(value, default=0) if isinstance(value, tuple) else value
        return largest if isinstance(largest, int) else 0

    num_heads = number("attention.head_count")
    head_size = number("embedding_length") // num_heads if num_heads else 0
    key_and_value = number("attention.key_length", head_size) + number("attention.value_length", head_size)
    numbers_per_token = number("block_count") * number("attention.head_count_kv", num_heads) * key_and_value
    return numbers_per_token * BYTES_PER_KV_NUMBER


def _gb(num_bytes: int) -> str:
    return f"{num_bytes / 2**30:.1f} GB"
