"""Collects an importance matrix: runs a model over a corpus and sums what enters its weight matrices."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.errors import InputError, ModelFileError
from assistant.runtime.observe import MatrixInput, loaded, observing
from convert.gguf_writer import check_target
from convert.quality.corpus import read_texts, token_chunks
from convert.quality.imatrix import ColumnSums, write_imatrix

CHUNK_TOKENS = 512

Progress = Callable[[int, int], None]
"""Called with the chunks done and in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What was collected."""

    path: str
    num_matrices: int
    num_chunks: int
    num_tokens: int
    num_unseen_experts: int
    """Experts no token was routed to; they are quantised as if every column mattered the same."""


class Collector:
    """Sums of squares per column, by tensor, in float64."""

    def __init__(self) -> None:
        self.sums: dict[str, ColumnSums] = {}

    def see(self, found: MatrixInput) -> None:
        """Add the rows that entered a matrix.

        Raises:
            ModelFileError: A number is not finite.
        """
        num_rows, num_columns = found.rows.shape
        if found.name not in self.sums:
            shape = (found.num_experts, num_columns)
            self.sums[found.name] = ColumnSums(np.zeros(shape), np.zeros(found.num_experts, np.int64))
        sums = self.sums[found.name]
        squares = np.einsum("rc,rc->c", found.rows, found.rows, dtype=np.float64)
        if not np.isfinite(squares).all():
            raise ModelFileError(
                f"what enters {found.name} is not finite", hint="the model is broken; convert it again"
            )
        sums.in_sum2[found.expert] += squares
        sums.counts[found.expert] += num_rows


def collect_imatrix(
    model_path: Path,
    corpus: Sequence[Path],
    path: Path,
    *,
    chunk_tokens: int | None = None,
    most_chunks: int | None = None,
    progress: Progress = lambda done, total: None,
) -> Collection:
    """Run a model over a corpus and write its importance matrix.

    Args:
        model_path: A GGUF file, best F32 or F16.
        corpus: Text files, or folders of source files.
        path: The matrix, a GGUF file too.
        chunk_tokens: Tokens that are seen together; 512, or the model's context if that is less.
        most_chunks: Stop after so many; the whole corpus otherwise.
        progress: Hears about the work.

    Raises:
        ModelFileError: The model cannot be loaded, or its activations are not finite.
        InputError: The corpus is too short or cannot be read, the chunk too long, or the target cannot be written.
    """
    check_target(path)
    collector = Collector()
    with loaded(model_path) as model:
        chunk_tokens = chunk_tokens or min(CHUNK_TOKENS, model.trained_tokens)
        if chunk_tokens > model.trained_tokens:
            hint = f"the model was trained with {model.trained_tokens}"
            raise InputError(f"chunks of {chunk_tokens} tokens are too long", hint=hint)
        texts = map(model.vocab.tokenize, read_texts(corpus))
        chunks = token_chunks(texts, model.vocab.encode(()), chunk_tokens, most_chunks)
        with observing(model, chunk_tokens, collector.see) as compute:
            for done, chunk in enumerate(chunks):
                progress(done, len(chunks))
                compute(chunk)
    datasets = [source.resolve().name for source in corpus]
    write_imatrix(path, collector.sums, datasets=datasets, num_chunks=len(chunks), chunk_tokens=chunk_tokens)
    return Collection(
        path=str(path),
        num_matrices=len(collector.sums),
        num_chunks=len(chunks),
        num_tokens=chunks.size,
        num_unseen_experts=sum(int((sums.counts == 0).sum()) for sums in collector.sums.values()),
    )
