"""A llama.cpp made of integers: the next token is a fixed function of all tokens before it, so every mistake shows."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from assistant.runtime.row import Row

VOCABULARY = 97
END = 96


def next_token(tokens: list[int]) -> int:
    """What the fake model says after `tokens`; never the end token."""
    return (7 * sum(tokens) + 13 * len(tokens) + tokens[-1]) % END


def greedy(prompt: list[int], count: int) -> list[int]:
    """The oracle: `count` tokens after `prompt`, computed without any engine."""
    tokens = list(prompt)
    for _ in range(count):
        tokens.append(next_token(tokens))
    return tokens[len(prompt) :]


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One entry of the cache; sequences that share it hold the very same object."""

    token: int


class FakeBackend:
    """Keeps each sequence's tokens as a KV cache would, and refuses positions that do not follow on."""

    def __init__(self, *, num_cells: int = 4096, num_batch: int = 64, can_abort: bool = True) -> None:
        self.can_abort = can_abort
        self.num_batch = num_batch
        self.num_cells = num_cells
        self.cells: dict[int, list[Cell]] = {}
        self.num_decoded_tokens = 0
        self.num_saved = 0
        self.started = threading.Event()
        """Set when a decode begins."""
        self.hold = threading.Event()
        """A decode waits here until it is set, or aborted; cleared by tests that want to interrupt."""
        self.hold.set()
        self.on_decode: Callable[[], None] = lambda: None
        """Called by every decode."""
        self._aborted = threading.Event()
        self._last: dict[int, list[int]] = {}

    @property
    def cache(self) -> dict[int, list[int]]:
        """What each sequence that was ever used holds."""
        return {sequence: [cell.token for cell in cells] for sequence, cells in self.cells.items()}

    @property
    def num_used_cells(self) -> int:
        """Cells that any sequence holds; shared ones count once."""
        return len({id(cell) for cells in self.cells.values() for cell in cells})

    def decode(self, rows: list[Row]) -> int:
        self.started.set()
        self.on_decode()
        while not self.hold.wait(0.001):
            if self._aborted.is_set():
                return self._stop_half_way(rows)
        if self._aborted.is_set():
            return self._stop_half_way(rows)
        if self.num_used_cells + sum(len(row.ids) for row in rows) > self.num_cells:
            return 1
        end = 0
        self._last = {}
        for sequence, position, ids, num_wanted in rows:
            self._append(sequence, position, ids)
            end += len(ids)
            for back in range(num_wanted):
                self._last[end - 1 - back] = [cell.token for cell in self.cells[sequence]][: position + len(ids) - back]
        return 0

    def logits(self, index: int) -> np.ndarray:
        scores = np.zeros(VOCABULARY, np.float32)
        scores[next_token(self._last[index])] = 1
        return scores

    def abort(self) -> None:
        self._aborted.set()

    def clear_abort(self) -> None:
        self._aborted.clear()

    def num_computed(self, sequence: int) -> int:
        return len(self.cells.get(sequence, []))

    def truncate(self, sequence: int, length: int) -> None:
        del self.cells.setdefault(sequence, [])[length:]

    def share(self, source: int, target: int, start: int, stop: int) -> None:
        cells = self.cells.setdefault(target, [])
        assert start <= len(cells), f"sequence {target} holds {len(cells)} tokens, is given some from {start} on"
        assert stop <= len(self.cells[source])
        cells[start:stop] = self.cells[source][start:stop]

    def save(self, sequence: int) -> bytes:
        self.num_saved += 1
        return np.array(self.cache[sequence], np.int32).tobytes()

    def restore(self, sequence: int, state: bytes) -> bool:
        tokens = np.frombuffer(state, np.int32).tolist()
        assert not self.cells.get(sequence), f"sequence {sequence} is not empty"
        if self.num_used_cells + len(tokens) > self.num_cells:
            return False
        self.cells[sequence] = [Cell(token) for token in tokens]
        return True

    def _stop_half_way(self, rows: list[Row]) -> int:
        sequence, position, ids, _ = rows[0]
        self._append(sequence, position, ids[: len(ids) // 2])
        return 2

    def _append(self, sequence: int, position: int, ids: list[int]) -> None:
        kept = self.cells.setdefault(sequence, [])
        assert position == len(kept), f"sequence {sequence} holds {len(kept)} tokens, got position {position}"
        kept += map(Cell, ids)
        self.num_decoded_tokens += len(ids)
