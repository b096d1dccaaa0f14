"""A small model that guesses what a large one will say. It shares the vocabulary, and follows one answer at a time.

Source: Leviathan et al. 2023 (arXiv:2211.17192); with the large model's own choice at every place, as here, nothing of
the answer changes.
"""

from pathlib import Path

import numpy as np

from assistant.errors import ModelFileError
from assistant.runtime.context import Context
from assistant.runtime.llama import Model
from assistant.runtime.row import Row
from assistant.runtime.tokens import common_prefix

SEQUENCE = 0


class DraftModel:
    """Continues token ids greedily.

    Raises:
        ModelFileError: Its vocabulary is not that of the model it shall guess for.
    """

    def __init__(self, path: Path, target: Model, *, num_cells: int, num_batch: int, threads: int) -> None:
        model = Model(path)
        if model.vocab.pieces != target.vocab.pieces:
            raise ModelFileError(
                f"{path.name} has another vocabulary than {target.name}", hint="a draft model is of the same family"
            )
        self._limit = min(num_cells, model.trained_tokens)
        self.context = Context(model, num_cells=num_cells, num_sequences=1, num_batch=num_batch, threads=threads)
        self._tokens: list[int] = []
        """What the cache holds."""

    def propose(self, tokens: list[int], max_tokens: int) -> list[int]:
        """Guess what follows `tokens`; nothing where they are too many, or a keystroke interrupts."""
        max_tokens = min(max_tokens, self._limit - len(tokens))
        if max_tokens <= 0:
            return []
        length = min(common_prefix(self._tokens, tokens), len(tokens) - 1)
        self.context.truncate(SEQUENCE, length)
        self._tokens = tokens[:length]
        proposed: list[int] = []
        waiting = tokens[length:]
        while len(proposed) < max_tokens:
            last = self._feed(waiting)
            if last < 0:
                break
            waiting = [int(np.argmax(self.context.logits(last)))]
            proposed += waiting
        return proposed

    def _feed(self, ids: list[int]) -> int:
        """Compute `ids`; the index of the last one's logits, or -1."""
        size = self.context.num_batch
        for start in range(0, len(ids), size):
            part = ids[start : start + size]
            if self.context.decode([Row(SEQUENCE, len(self._tokens), part, 1)]):
                self.context.truncate(SEQUENCE, len(self._tokens))
                return -1
            self._tokens += part
        return len(part) - 1
