"""The prefix store over a fake backend, for the tests of what it keeps and of what it parks."""

from assistant.runtime.parking import Parking
from assistant.runtime.prefix_store import PrefixStore
from assistant.runtime.prefix_tree import Sequence
from assistant.runtime.row import Row
from tests.fake_backend import FakeBackend


class Cache:
    """A store over a fake backend, spoken to as the scheduler does: acquire, compute the rest, release."""

    def __init__(self, *, num_sequences: int = 4, num_cells: int = 10_000, max_bytes: int = 0) -> None:
        self.backend = FakeBackend(num_cells=num_cells)
        self.store = PrefixStore(
            self.backend, num_sequences=num_sequences, num_cells=num_cells, parking=Parking(max_bytes)
        )

    def compute(self, sequence: Sequence, ids: list[int]) -> None:
        row = Row(sequence.index, len(sequence.tokens), ids, 1)
        if ids and self.backend.decode([row]) != 0:
            assert self.store.make_room(len(ids)), "the cache is full"
            assert self.backend.decode([row]) == 0, "the room that was made is not there"
        self.store.extend(sequence, ids)

    def begin(self, prompt: list[int], weights=(), owner=None) -> tuple[Sequence, int]:
        """Compute a prompt; the sequence stays busy. Also how much of it was there already."""
        sequence = self.store.acquire(prompt, weights, owner)
        assert sequence is not None
        num_reused = len(sequence.tokens)
        self.compute(sequence, prompt[num_reused:])
        return sequence, num_reused

    def ask(self, prompt: list[int], weights=(), owner=None) -> tuple[Sequence, int]:
        """Compute a prompt and leave it resident."""
        sequence, num_reused = self.begin(prompt, weights, owner)
        self.store.release(sequence)
        return sequence, num_reused

    def resident(self) -> list[list[int]]:
        """The tokens of every sequence that has some; they are what the cache holds."""
        tokens = [sequence.tokens for sequence in self.store.sequences]
        assert tokens == [self.backend.cache.get(index, []) for index in range(len(tokens))]
        assert self.store.num_used_cells == self.backend.num_used_cells
        return [each for each in tokens if each]


def text(name: int, length: int) -> list[int]:
    """So many tokens that no other text has."""
    return [1000 * name + i for i in range(length)]
