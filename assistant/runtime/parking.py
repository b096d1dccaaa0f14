"""What the KV cache has no room for, kept in main memory. Knows token ids and bytes, no llama.cpp."""

from collections.abc import Hashable
from dataclasses import dataclass

from assistant.runtime.prefix_tree import common_prefix


@dataclass(frozen=True, slots=True, eq=False)
class Parked:
    """The KV entries of a sequence that was evicted."""

    tokens: list[int]
    weights: Hashable
    state: bytes


class Parking:
    """Saved sequences, the least recently used of them dropped first.

    Args:
        max_bytes: What their states may take together; 0: nothing is kept.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._entries: list[Parked] = []
        """The most recently used last."""
        self.num_bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, prompt: list[int], weights: Hashable) -> tuple[int, Parked | None]:
        """The entry that begins like `prompt` for longest, and for how many tokens."""
        longest, best = 0, None
        for entry in self._entries:
            if entry.weights == weights:
                length = common_prefix(entry.tokens, prompt, 0, min(len(entry.tokens), len(prompt)))
                if length > longest:
                    longest, best = length, entry
        return longest, best

    def put(self, entry: Parked) -> None:
        """Keep `entry`, and none that it begins with. One that is larger than all the room is not kept."""
        for other in list(self._entries):
            if other.weights == entry.weights and other.tokens == entry.tokens[: len(other.tokens)]:
                self._drop(other)
        if len(entry.state) > self.max_bytes:
            return
        while self.num_bytes + len(entry.state) > self.max_bytes:
            self._drop(self._entries[0])
        self._entries.append(entry)
        self.num_bytes += len(entry.state)

    def touch(self, entry: Parked) -> None:
        """It was used: it stays for longer."""
        self._entries.remove(entry)
        self._entries.append(entry)

    def _drop(self, entry: Parked) -> None:
        self._entries.remove(entry)
        self.num_bytes -= len(entry.state)
