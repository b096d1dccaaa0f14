"""Which tokens are in the KV cache, and how a new prompt starts from them. Knows token ids only, no llama.cpp."""

from dataclasses import dataclass, field
from typing import Protocol


class Memory(Protocol):
    """The KV cache, as far as this file needs it; `llama.Context` is the real one."""

    def truncate(self, sequence: int, length: int) -> None:
        """Forget all but the first `length` tokens of `sequence`."""
        ...

    def share(self, source: int, target: int, length: int) -> None:
        """Give `target` the first `length` tokens of `source` too."""
        ...


@dataclass(slots=True, eq=False)
class Sequence:
    """One slot of the cache and the ids whose KV entries it holds."""

    index: int
    tokens: list[int] = field(default_factory=list[int])
    is_busy: bool = False
    last_used: int = 0


class SequenceStore:
    """Keeps finished sequences resident, so that the next prompt computes only what differs."""

    def __init__(self, memory: Memory, num_sequences: int) -> None:
        self._memory = memory
        self._clock = 0
        self.sequences = [Sequence(index) for index in range(num_sequences)]

    def acquire(self, prompt: list[int]) -> Sequence | None:
        """Take a free sequence that already holds as much of `prompt` as any does; None when all are busy.

        At least the prompt's last token is left to compute, because its logits are wanted.
        """
        idle = [sequence for sequence in self.sequences if not sequence.is_busy]
        if not idle:
            return None
        best, length = self._longest_match(prompt)
        if best in idle and 2 * length >= len(best.tokens):
            chosen = best
        else:  # most of `best` belongs to somebody else's context: leave it whole, share its beginning
            chosen = min(idle, key=lambda sequence: (bool(sequence.tokens), sequence.last_used))
            if chosen is not best:
                self._memory.truncate(chosen.index, 0)
                self._memory.share(best.index, chosen.index, length)
        self._memory.truncate(chosen.index, length)
        chosen.tokens = prompt[:length]
        chosen.is_busy = True
        self._touch(chosen)
        return chosen

    def release(self, sequence: Sequence) -> None:
        """Leave it resident for whoever continues it."""
        sequence.is_busy = False
        self._touch(sequence)

    def evict_oldest(self) -> bool:
        """Make room: empty the least recently used idle sequence. False when there is none."""
        idle = [sequence for sequence in self.sequences if sequence.tokens and not sequence.is_busy]
        if not idle:
            return False
        oldest = min(idle, key=lambda sequence: sequence.last_used)
        self._memory.truncate(oldest.index, 0)
        oldest.tokens = []
        return True

    def _longest_match(self, prompt: list[int]) -> tuple[Sequence, int]:
        matches = [(common_prefix(sequence.tokens, prompt), sequence) for sequence in self.sequences]
        length, best = max(matches, key=lambda match: (match[0], not match[1].is_busy, match[1].last_used))
        return best, min(length, len(prompt) - 1)

    def _touch(self, sequence: Sequence) -> None:
        self._clock += 1
        sequence.last_used = self._clock


def common_prefix(left: list[int], right: list[int]) -> int:
    """How many first elements agree. Compares slices by halves: the loop is in C."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
