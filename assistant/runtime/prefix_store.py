"""Which tokens are in the KV cache, how a new prompt starts from them, and what leaves for it. No llama.cpp here.

A prefix is reused at its own positions only: nothing is ever shifted.
"""

from collections.abc import Hashable
from typing import Protocol

from assistant.runtime.parking import Parked, Parking
from assistant.runtime.prefix_tree import PrefixTree, Sequence

NUM_CHEAP = 64
"""Tokens that are given up without a thought: computed again within one small batch."""
MIN_PARKED = 256
"""A sequence with fewer tokens of its own is not worth saving."""
MIN_EVICTED = 256
"""So many cells are freed at once, from the end of a sequence: what continues it starts from its beginning."""
MIN_GAIN = 128
"""A parked prefix is brought back when it saves so many tokens more than what is resident."""


class Memory(Protocol):
    """The KV cache, as far as this file needs it; `llama.Context` is the real one."""

    def truncate(self, sequence: int, length: int) -> None:
        """Forget all but the first `length` tokens of `sequence`."""
        ...

    def share(self, source: int, target: int, start: int, stop: int) -> None:
        """Let `target` hold the cells of `source` at positions `start` to `stop`, instead of its own there if any."""
        ...

    def save(self, sequence: int) -> bytes:
        """The KV entries of all its tokens."""
        ...

    def restore(self, sequence: int, state: bytes) -> bool:
        """Fill an empty sequence with what `save` gave. False when it is not accepted; then it is still empty."""
        ...


class PrefixStore:
    """Keeps finished sequences resident, so that the next prompt computes only what differs.

    Equal beginnings lie in the same cells, also where two sequences computed them apart: they are merged when noticed.

    Args:
        memory: The cache. Nobody else truncates or shares in it; decoding appends.
        num_sequences: Its sequences are 0 to `num_sequences` - 1, all empty.
        num_cells: Tokens it holds.
        parking: Where large sequences go when they are evicted; None: they are lost.
    """

    def __init__(self, memory: Memory, *, num_sequences: int, num_cells: int, parking: Parking | None = None) -> None:
        self._memory = memory
        self._num_cells = num_cells
        self._parking = Parking(0) if parking is None else parking
        self._tree = PrefixTree()
        self._clock = 0
        self.sequences = [Sequence(index) for index in range(num_sequences)]

    @property
    def num_used_cells(self) -> int:
        """Cells that any sequence holds; shared ones count once."""
        unplaced = sum(len(sequence.tokens) - sequence.num_placed for sequence in self.sequences)
        return unplaced + sum(node.stop - node.start for node in self._tree.nodes())

    @property
    def num_parked(self) -> int:
        """Sequences in the parking."""
        return len(self._parking)

    @property
    def parked_bytes(self) -> int:
        """What their states take."""
        return self._parking.num_bytes

    def acquire(self, prompt: list[int], weights: Hashable = (), owner: Hashable = None) -> Sequence | None:
        """Take an idle sequence that holds as much of `prompt` as is to be had; None when all are busy.

        At least the prompt's last token is left to compute, because its logits are wanted.

        Args:
            prompt: At least one id.
            weights: What computes it besides the model.
            owner: Whoever sends one prompt again and again, changed: an editor's document. Its last prompt is stale
                then and gives its sequence up. None: nothing that is resident is stale, as between chats.
        """
        if all(sequence.is_busy for sequence in self.sequences):
            return None
        self._place_all()
        self._restore(prompt, weights)
        length, holders = self._tree.match(prompt, weights)
        sequence = self._pick(length, holders, owner)
        self.cut(sequence, length if sequence in holders else 0)
        sequence.weights, sequence.owner = weights, owner
        sequence.tokens = prompt[:length]
        self._place(sequence)
        sequence.is_busy = True
        self._touch(sequence)
        return sequence

    def extend(self, sequence: Sequence, ids: list[int]) -> None:
        """Their KV entries were computed now. Constant time: the tree hears of them when somebody asks it."""
        sequence.tokens += ids

    def catch_up(self, sequence: Sequence, prompt: list[int]) -> int:
        """Take over what others have computed of `prompt` meanwhile, so that a common beginning is computed once.

        Returns:
            How many tokens of the prompt `sequence` holds now.
        """
        self._place_all()
        length, _ = self._tree.match(prompt, sequence.weights)
        sequence.tokens += prompt[len(sequence.tokens) : length]
        self._place(sequence)
        return len(sequence.tokens)

    def cut(self, sequence: Sequence, length: int) -> None:
        """Forget all but the first `length` tokens, and whatever an aborted decode left behind them."""
        if length < sequence.num_placed:
            self._tree.remove(sequence, length)
        del sequence.tokens[length:]
        self._memory.truncate(sequence.index, length)

    def release(self, sequence: Sequence) -> None:
        """Leave it resident for whoever continues it."""
        sequence.is_busy = False
        self._touch(sequence)

    def forget(self, sequence: Sequence) -> None:
        """Drop it all and release it: something failed, so what the cache holds is not to be trusted."""
        self.cut(sequence, 0)
        self.release(sequence)

    def make_room(self, num_cells: int) -> bool:
        """Evict what was used longest ago until so many cells are free. False, and nothing lost, when it cannot be."""
        self._place_all()
        if self._num_busy_cells() + num_cells > self._num_cells:
            return False
        while (num_missing := self.num_used_cells + num_cells - self._num_cells) > 0:
            oldest = min(self._idle(), key=lambda sequence: (not sequence.tokens, sequence.last_used))
            num_lost = max(num_missing, MIN_EVICTED)
            self._park_own(oldest)
            self.cut(oldest, len(oldest.tokens) - num_lost if num_lost < self._tree.num_own(oldest) else 0)
        return True

    def park_all(self) -> None:
        """Save a copy of everything idle that is large: the cache is about to go."""
        self._place_all()
        for sequence in sorted(self._idle(), key=lambda sequence: -len(sequence.tokens)):
            if len(sequence.tokens) >= MIN_PARKED:
                self._park(sequence)

    def _pick(self, length: int, holders: list[Sequence], owner: Hashable) -> Sequence:
        """The idle sequence to compute a prompt in whose first `length` tokens `holders` have."""

        def num_lost(sequence: Sequence) -> int:
            return self._tree.num_own(sequence, length)

        def is_stale(sequence: Sequence) -> bool:
            return owner is not None and sequence.owner == owner and length >= NUM_CHEAP

        idle = [sequence for sequence in holders if not sequence.is_busy]
        here = [sequence for sequence in idle if num_lost(sequence) < NUM_CHEAP or is_stale(sequence)]
        if here:
            return min(here, key=num_lost)
        victim = self._least_wanted()
        self._park_own(victim)
        return victim

    def _least_wanted(self) -> Sequence:
        """An empty sequence, else one that others hold all of, else the one that was used longest ago."""
        return min(
            self._idle(),
            key=lambda sequence: (bool(sequence.tokens), self._tree.num_own(sequence) > 0, sequence.last_used),
        )

    def _park_own(self, sequence: Sequence) -> None:
        """Before it is evicted: what others hold of it stays resident anyway."""
        if self._tree.num_own(sequence) >= MIN_PARKED:
            self._park(sequence)

    def _park(self, sequence: Sequence) -> None:
        length, entry = self._parking.find(sequence.tokens, sequence.weights)
        if entry and length == len(sequence.tokens):
            self._parking.touch(entry)
        elif self._parking.max_bytes:
            state = self._memory.save(sequence.index)
            self._parking.put(Parked(list(sequence.tokens), sequence.weights, state))

    def _restore(self, prompt: list[int], weights: Hashable) -> None:
        """Bring a parked prefix of `prompt` back, where that saves more than it costs."""
        length, entry = self._parking.find(prompt, weights)
        resident, holders = self._tree.match(prompt, weights)
        if entry is None or length < resident + MIN_GAIN:
            return
        inside = [s for s in holders if not s.is_busy and s.tokens == entry.tokens[: len(s.tokens)]]
        target = inside[0] if inside else self._least_wanted()
        state = self._parking.take(entry) if self._is_worth_it(entry, target, length - resident) else None
        if state is None:
            return
        if not inside:
            self._park_own(target)
        self.cut(target, 0)
        self.make_room(len(entry.tokens))
        if self._memory.restore(target.index, state):
            self._memory.truncate(target.index, length)
            target.weights, target.tokens = weights, entry.tokens[:length]
            self._place(target)

    def _is_worth_it(self, entry: Parked, target: Sequence, gain: int) -> bool:
        """Whether there can be room in place of `target`, and not at the cost of much more than `gain` tokens.

        A state is read whole, however little of it is of use.
        """
        num_left = self.num_used_cells - self._tree.num_own(target)
        num_evicted = num_left + len(entry.tokens) - self._num_cells
        return num_evicted <= 2 * gain and self._num_busy_cells() + len(entry.tokens) <= self._num_cells

    def _num_busy_cells(self) -> int:
        busy = (node for node in self._tree.nodes() if any(sequence.is_busy for sequence in node.holders))
        return sum(node.stop - node.start for node in busy)

    def _idle(self) -> list[Sequence]:
        return [sequence for sequence in self.sequences if not sequence.is_busy]

    def _place_all(self) -> None:
        for sequence in self.sequences:
            if sequence.num_placed < len(sequence.tokens):
                self._place(sequence)

    def _place(self, sequence: Sequence) -> None:
        for other, start, stop in self._tree.insert(sequence):
            self._memory.share(other.index, sequence.index, start, stop)

    def _touch(self, sequence: Sequence) -> None:
        self._clock += 1
        sequence.last_used = self._clock
