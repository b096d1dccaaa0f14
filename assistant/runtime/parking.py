"""What the KV cache has no room for, kept in main memory and on disk. Knows token ids and bytes, no llama.cpp."""

from collections.abc import Hashable
from dataclasses import dataclass

from assistant.runtime.parking_file import ParkingFile, Place
from assistant.runtime.prefix_tree import common_prefix


@dataclass(slots=True, eq=False)
class Parked:
    """The KV entries of a sequence that was evicted."""

    tokens: list[int]
    weights: Hashable
    state: bytes | None
    """None: only the file has it."""
    place: Place | None = None
    """Where in the file it is, if it is."""


class Parking:
    """Saved sequences, the least recently used of them dropped first.

    Args:
        max_bytes: What their states may take of main memory together; 0: nothing is parked.
        file: Where `write_one` puts them too. What it holds already is parked from the beginning.
    """

    def __init__(self, max_bytes: int, file: ParkingFile | None = None) -> None:
        self.max_bytes = max_bytes
        self._file = file
        self._entries = [Parked(tokens, weights, None, place) for tokens, weights, place in file.load()] if file else []
        """The most recently used last."""
        self.num_bytes = 0

    @property
    def has_file(self) -> bool:
        """Whether what is parked can outlive this process."""
        return self._file is not None

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
        assert entry.state is not None
        for other in list(self._entries):
            if other.weights == entry.weights and other.tokens == entry.tokens[: len(other.tokens)]:
                self._drop(other)
        if len(entry.state) > self.max_bytes:
            return
        while self.num_bytes + len(entry.state) > self.max_bytes:
            self._unload(next(oldest for oldest in self._entries if oldest.state is not None))
        self._entries.append(entry)
        self.num_bytes += len(entry.state)

    def take(self, entry: Parked) -> bytes | None:
        """Its state. It stays, for longer than what was not used; one that the file has lost is dropped."""
        self.touch(entry)
        if entry.state is not None or self._file is None or entry.place is None:
            return entry.state
        state = self._file.read(entry.place)
        if state is None:
            self._drop(entry)
        return state

    def touch(self, entry: Parked) -> None:
        """It was used, or would have been parked again."""
        self._entries.remove(entry)
        self._entries.append(entry)

    def write_one(self) -> bool:
        """Put an entry that is only in memory into the file as well: to be called while nobody waits.

        Returns:
            Whether there was one that the file took.
        """
        return self._file is not None and any(
            entry.place is None and self._write(entry, self._file) for entry in list(self._entries)
        )

    def _write(self, entry: Parked, file: ParkingFile) -> bool:
        assert entry.state is not None
        place = file.append(entry.tokens, entry.weights, entry.state)
        if place is None:
            return False
        for other in list(self._entries):
            if other.place and other.place.start < place.stop and place.start < other.place.stop:  # overwritten
                other.place = None
                if other.state is None:
                    self._drop(other)
        entry.place = place
        return True

    def _unload(self, entry: Parked) -> None:
        if entry.place is None or entry.state is None:
            self._drop(entry)
        else:
            self.num_bytes -= len(entry.state)
            entry.state = None

    def _drop(self, entry: Parked) -> None:
        self._entries.remove(entry)
        self.num_bytes -= len(entry.state or b"")
