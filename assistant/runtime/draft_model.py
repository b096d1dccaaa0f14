"""A small model that guesses what a large one will say. It shares the vocabulary, and follows one answer at a time.

Source: Leviathan et al. 2023 (arXiv:2211.17192); with the large model's own choice at every place, as here, nothing of
the answer changes.
"""

import time
from pathlib import Path

import numpy as np

from assistant.errors import ModelFileError
from assistant.models.card import read_card
from assistant.runtime.context import Context
from assistant.runtime.llama import Model
from assistant.runtime.prefix_tree import common_prefix
from assistant.runtime.row import Row
from assistant.runtime.step_costs import StepCosts

SEQUENCE = 0


class DraftModel:
    """Continues token ids greedily.

    Raises:
        ModelFileError: It cannot be loaded, or its vocabulary is not that of the model it shall guess for.
    """

    def __init__(self, path: Path, target: Model, target_context: Context, *, threads: int) -> None:
        read_card(path)
        model = Model(path)
        if model.vocab.pieces != target.vocab.pieces:
            raise ModelFileError(
                f"{path.name} has another vocabulary than {target.name}", hint="a draft model is of the same family"
            )
        num_cells = target_context.num_cells
        self._limit = min(num_cells, model.trained_tokens)
        self.context = Context(
            model,
            num_cells=num_cells,
            num_sequences=1,
            num_batch=target_context.num_batch,
            threads=threads,
            abort_with=target_context,
        )
        self._tokens: list[int] = []
        """What the cache holds."""
        self._costs = StepCosts()

    @property
    def token_s(self) -> float:
        """Seconds to guess one token."""
        return self._costs.seconds(1)

    def propose(self, tokens: list[int], max_tokens: int) -> list[int]:
        """Guess what follows `tokens`; nothing where they are too many, or a keystroke interrupts."""
        max_tokens = min(max_tokens, self._limit - len(tokens))
        if max_tokens <= 0:
            return []
        length = common_prefix(self._tokens, tokens, 0, min(len(self._tokens), len(tokens) - 1))
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
        part = ids
        for start in range(0, len(ids), size):
            part = ids[start : start + size]
            started = time.perf_counter()
            if self.context.decode([Row(SEQUENCE, len(self._tokens), part, 1)]):
                self.context.truncate(SEQUENCE, len(self._tokens))
                return -1
            self._costs.add(len(part), time.perf_counter() - started)
            self._tokens += part
        return len(part) - 1
