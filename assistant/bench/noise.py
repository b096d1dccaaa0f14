"""Rounding noise, and the one rule for what it excuses.

The same prompt computed in other batches gives logits that differ in their last digits: sums are taken in another
order, and integer kernels round activations anew. So two greedy runs may part where the two best logits lie closer
than that, a near-tie, and nowhere else.
"""

from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
NUM_BEST = 8
MODULES = ("argparse", "ast", "inspect", "typing", "tarfile", "zipfile", "subprocess", "tempfile")
"""Of the standard library; their beginnings are the texts."""
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


def measure_noise(path: Path, threads: int) -> tuple[float, Sheet]:
    """The largest change of the lead of one likely token over another that the batches make, and how it was found.

    Raises:
        ModelFileError: The model cannot be loaded.
    """
    with loaded(path) as model:
        num_tokens = min(NUM_TOKENS, model.trained_tokens // 2)
        texts = [model.vocab.tokenize(module_text(name, num_lines=None))[:num_tokens] for name in MODULES]
        with computing(model, num_tokens=num_tokens, threads=threads) as compute:
            alone = [compute(ids) for ids in texts]
            rows = [
                _row(name, alone, [compute(ids, **how) for ids in texts])
                for name, how in _ways(num_tokens, texts[0]).items()
            ]
    columns = ("computed", "any logit", f"lead among the best {NUM_BEST}", "std of the logits", "other best token")
    title = f"Largest change of logits after {num_tokens} tokens of {len(MODULES)} texts, against those of one batch"
    return max(lead for _, _, lead, *_ in rows), Sheet(title, columns, tuple(rows), bars="any logit")


def _ways(num_tokens: int, other: Sequence[int]) -> dict[str, dict[str, Sequence[int]]]:
    half = num_tokens // 2
    return {
        "again": {},
        "in two halves": {"sizes": (half, num_tokens - half)},
        "last token alone": {"sizes": (num_tokens - 1, 1)},
        "last eight together": {"sizes": (num_tokens - 8, 8)},
        "token by token": {"sizes": (1,) * num_tokens},
        "last beside a prompt": {"sizes": (num_tokens - 1, 1), "beside": other[:half]},
        "last beside a token": {"sizes": (num_tokens - 1, 1), "beside": other[:1]},
    }


def _row(name: str, alone: Sequence[Floats], found: Sequence[Floats]) -> tuple[str, float, float, float, int]:
    changes = [after - before for before, after in zip(alone, found, strict=True)]
    best = [np.argsort(before)[-NUM_BEST:] for before in alone]
    leads = [float(np.ptp(change[tokens])) for change, tokens in zip(changes, best, strict=True)]
    num_other = sum(int(a.argmax()) != int(b.argmax()) for a, b in zip(alone, found, strict=True))
    largest = max(float(np.abs(change).max()) for change in changes)
    return name, largest, max(leads), float(np.mean([before.std() for before in alone])), num_other


@dataclass(frozen=True, slots=True, kw_only=True)
class NearTies:
    """Judges where two greedy answers to the same prompt part."""

    compute: Compute
    pieces: Sequence[bytes]
    """Bytes of each token."""
    end_ids: Collection[int]
    """Tokens that end an answer."""
    noise: float
    """What `measure_noise` found."""

    def excuse(self, prompt: Sequence[int], one: bytes, other: bytes) -> bool:
        """Whether the logits of the tokens with which the answers part are as good as equal.

        Args:
            prompt: Token ids.
            one: Bytes of the one answer; with a healed hole those before the cursor, too.
            other: Those of the other.
        """
        ids, done = list(prompt), b""
        while done != one or done != other:
            logits = self.compute(ids)
            first, second = self._likely(logits, one[len(done) :], other[len(done) :])
            if len(first | second) > 1:
                return bool(first and second)
            if not first or not second:
                return False
            ids += first
            done += self.pieces[ids[-1]]
        return False

    def _likely(self, logits: Floats, *rests: bytes) -> list[set[int]]:
        """For each rest of an answer the tokens it can begin with, if they are as good as the best of them all.

        Which tokens an answer was made of is not known: a newline and spaces may be one or two.
        """
        fitting = [self._fitting(rest) for rest in rests]
        best = max((logits[token] for tokens in fitting for token in tokens), default=0.0)
        return [{token for token in tokens if logits[token] >= best - self.noise} for tokens in fitting]

    def _fitting(self, rest: bytes) -> Collection[int]:
        if not rest:
            return self.end_ids
        return [token for token, piece in enumerate(self.pieces) if piece and rest.startswith(piece)]
