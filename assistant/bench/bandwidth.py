"""The limit of decoding one stream: every weight crosses the memory bus for every token."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from assistant.models.gguf import read_gguf

_BUFFER_BYTES = 256 << 20
"""A thread's; far more than any cache holds."""
_REPEATS = 5
_ROW_TENSORS = ("position_embd.weight", "token_embd.weight")
"""Of these a token needs one row. An embedding that is also the output projection is read whole."""


def weight_bytes_per_token(model: Path) -> int:
    """Bytes of weights that one decoded token needs, in a model without experts."""
    tensors = read_gguf(model).tensors
    is_tied = all(tensor.name != "output.weight" for tensor in tensors)
    rows = _ROW_TENSORS[:1] if is_tied else _ROW_TENSORS
    return sum(tensor.num_bytes for tensor in tensors if tensor.name not in rows)


def memory_bytes_per_s(threads: int) -> float:
    """The best that so many threads get out of this machine's memory, reading or copying."""
    sources = [np.ones(_BUFFER_BYTES // 8, np.int64) for _ in range(threads)]
    targets = [np.ones_like(source) for source in sources]

    def read(number: int) -> None:
        sources[number].sum()

    def copy(number: int) -> None:
        np.copyto(targets[number], sources[number])

    num_bytes = threads * _BUFFER_BYTES
    return max(num_bytes / _fastest_s(read, threads), 2 * num_bytes / _fastest_s(copy, threads))


def _fastest_s(work: Callable[[int], None], threads: int) -> float:
    """All threads at once, the best of several times."""
    times: list[float] = []
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(_REPEATS):
            started = time.perf_counter()
            list(pool.map(work, range(threads)))
            times.append(time.perf_counter() - started)
    return min(times)
