"""Rounding noise, and the one rule for what it excuses.

The same prompt computed in other batches gives logits that differ in their last digits: sums are taken in another
order, and integer kernels round activations anew. So two greedy runs may part where the two best logits lie closer
than that, a near-tie, and nowhere else.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.bench.sheet import Sheet
from assistant.bench.trace import module_text
from assistant.errors import EngineError
from assistant.runtime.llama import Model, lib
from assistant.runtime.observe import loaded

Floats = npt.NDArray[np.float32]
Compute = Callable[..., Floats]
"""compute(ids, sizes=(…), beside=(…)) -> (vocabulary,) float32: the logits after the last id. The ids are fed in
batches of these sizes; a text of another sequence is in the last batch, too."""

NUM_TOKENS = 256
NUM_UBATCH = 128
"""As the engine has it."""


@contextmanager
def computing(model: Model, *, num_tokens: int, threads: int) -> Generator[Compute]:
    """Make a context with the engine's arithmetic: its cache type, attention and batches.

    Raises:
        EngineError: llama.cpp fails.
    """
    params = lib.llama_context_default_params()
    params.n_ctx = params.n_batch = 2 * num_tokens
    params.n_ubatch = min(NUM_UBATCH, params.n_batch)
    params.n_seq_max, params.kv_unified = 2, True
    params.n_threads = params.n_threads_batch = threads
    context = lib.llama_init_from_model(model.handle, params)
    batch = lib.llama_batch_init(2 * num_tokens, 0, 1)

    def compute(ids: Sequence[int], *, sizes: Sequence[int] = (), beside: Sequence[int] = ()) -> Floats:
        lib.llama_memory_clear(lib.llama_get_memory(context), True)
        start = 0
        for size in sizes or (len(ids),):
            end = start + size
            others = beside if end == len(ids) else ()
            _fill(batch, [(1, place, token) for place, token in enumerate(others)])
            _fill(batch, [(0, place, ids[place]) for place in range(start, end)], append=True)
            if status := lib.llama_decode(context, batch):
                raise EngineError(f"llama.cpp failed with {status}", hint="use a shorter prompt")
            start = end
        return np.array(np.ctypeslib.as_array(lib.llama_get_logits_ith(context, -1), (model.vocab.num_tokens,)))

    try:
        yield compute
    finally:
        lib.llama_batch_free(batch)
        lib.llama_free(context)


def _fill(batch: Any, rows: Sequence[tuple[int, int, int]], *, append: bool = False) -> None:
    """Put (sequence, position, token) rows into a batch; only the last one's logits are wanted."""
    first = batch.n_tokens if append else 0
    batch.n_tokens = first + len(rows)
    for index, (sequence, position, token) in enumerate(rows, start=first):
        batch.token[index], batch.pos[index] = token, position
        batch.n_seq_id[index], batch.seq_id[index][0] = 1, sequence
        batch.logits[index] = index == first + len(rows) - 1


def measure_noise(path: Path, threads: int, *, num_tokens: int = NUM_TOKENS) -> tuple[float, Sheet]:
    """The largest change of a logit that the batches make, and how it was found.

    Raises:
        ModelFileError: The model cannot be loaded.
    """
    with loaded(path) as model:
        num_tokens = min(num_tokens, model.trained_tokens // 2)
        ids = model.vocab.tokenize(module_text())[: 2 * num_tokens]
        ids, other = ids[:num_tokens], ids[num_tokens:]
        with computing(model, num_tokens=num_tokens, threads=threads) as compute:
            alone = compute(ids)
            rows = [_row(name, alone, compute(ids, **how)) for name, how in _ways(num_tokens, other).items()]
    bound = max(largest for _, largest, *_ in rows)
    columns = ("computed", "largest difference", "std of the logits", "same best token")
    title = f"Logits after {num_tokens} tokens, against those of one batch"
    return bound, Sheet(title, columns, tuple(rows), bars="largest difference")


def _ways(num_tokens: int, other: Sequence[int]) -> dict[str, dict[str, Sequence[int]]]:
    half = num_tokens // 2
    return {
        "again": {},
        "in two halves": {"sizes": (half, num_tokens - half)},
        "the last token alone": {"sizes": (num_tokens - 1, 1)},
        "the last eight together": {"sizes": (num_tokens - 8, 8)},
        "token by token": {"sizes": (1,) * num_tokens},
        "the last one beside another's prompt": {"sizes": (num_tokens - 1, 1), "beside": other[:half]},
        "the last one beside another's token": {"sizes": (num_tokens - 1, 1), "beside": other[:1]},
    }


def _row(name: str, alone: Floats, found: Floats) -> tuple[str, float, float, str]:
    is_same = int(alone.argmax()) == int(found.argmax())
    return name, float(np.abs(alone - found).max()), float(alone.std()), "yes" if is_same else "no"


def is_near_tie(
    compute: Compute, pieces: Sequence[bytes], prompt: Sequence[int], one: bytes, other: bytes, *, noise: float
) -> bool:
    """Whether two greedy answers to a prompt first differ where the logits of their next tokens are as good as equal.

    Args:
        compute: Of the model.
        pieces: Bytes of each token.
        prompt: Token ids.
        one: Bytes that follow the prompt in the one answer; with a healed hole those before the cursor, too.
        other: Those of the other answer.
        noise: What `measure_noise` found. Both logits move by as much.
    """
    ids, done = list(prompt), b""
    while done != one and done != other:
        logits = compute(ids)
        first, second = (_likeliest(logits, pieces, text[len(done) :]) for text in (one, other))
        if first != second:
            return bool(abs(logits[first] - logits[second]) <= 2 * noise)
        ids.append(first)
        done += pieces[first]
    return False


def _likeliest(logits: Floats, pieces: Sequence[bytes], text: bytes) -> int:
    """The best token that the text can have begun with."""
    fitting = [token for token, piece in enumerate(pieces) if piece and text.startswith(piece)]
    return max(fitting, key=lambda token: logits[token])
