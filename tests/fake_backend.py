"""A llama.cpp made of integers: the next token is a fixed function of all tokens before it, so every mistake shows."""

import threading

import numpy as np

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


class FakeBackend:
    """Keeps each sequence's tokens as a KV cache would, and refuses positions that do not follow on."""

    def __init__(self, *, num_cells: int = 4096, num_batch: int = 64) -> None:
        self.num_batch = num_batch
        self.num_cells = num_cells
        self.cache: dict[int, list[int]] = {}
        self.num_decoded_tokens = 0
        self.started = threading.Event()
        """Set when a decode begins."""
        self.hold = threading.Event()
        """A decode waits here until it is set, or aborted; cleared by tests that want to interrupt."""
        self.hold.set()
        self._aborted = threading.Event()
        self._last: dict[int, list[int]] = {}

    def decode(self, rows: list[tuple[int, int, list[int]]]) -> int:
        self.started.set()
        while not self.hold.wait(0.001):
            if self._aborted.is_set():
                return self._stop_half_way(rows)
        if self._aborted.is_set():
            return self._stop_half_way(rows)
        if self._cells() + sum(len(ids) for _, _, ids in rows) > self.num_cells:
            return 1
        end = 0
        self._last = {}
        for sequence, position, ids in rows:
            self._append(sequence, position, ids)
            end += len(ids)
            self._last[end - 1] = list(self.cache[sequence])
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
        return len(self.cache.get(sequence, []))

    def truncate(self, sequence: int, length: int) -> None:
        del self.cache.setdefault(sequence, [])[length:]

    def share(self, source: int, target: int, length: int) -> None:
        self.cache[target] = self.cache[source][:length]

    def _stop_half_way(self, rows: list[tuple[int, int, list[int]]]) -> int:
        sequence, position, ids = rows[0]
        self._append(sequence, position, ids[: len(ids) // 2])
        return 2

    def _append(self, sequence: int, position: int, ids: list[int]) -> None:
        kept = self.cache.setdefault(sequence, [])
        assert position == len(kept), f"sequence {sequence} holds {len(kept)} tokens, got position {position}"
        kept += ids
        self.num_decoded_tokens += len(ids)

    def _cells(self) -> int:
        return sum(map(len, self.cache.values()))
