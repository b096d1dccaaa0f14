"""Which sequences of the KV cache begin alike: a radix tree over their tokens. Knows no cache and no policy."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(slots=True, eq=False)
class Sequence:
    """One slot of the cache and the ids whose KV entries it holds."""

    index: int
    tokens: list[int] = field(default_factory=list[int])
    weights: Hashable = ()
    """What computed the entries besides the model (its LoRA adapters); under other weights they are useless."""
    owner: Hashable = None
    """Who sent the prompt, where that is somebody who will send it again, changed."""
    is_busy: bool = False
    last_used: int = 0
    num_placed: int = 0
    """How many of `tokens` the tree knows; decoding appends without asking it."""


@dataclass(slots=True, eq=False)
class Node:
    """Cells at positions `start` to `stop`, claimed by `holders`: an edge of the tree, and where it leads.

    The tokens are not kept a second time: every holder has them. Children are keyed by their first token.
    """

    start: int
    stop: int
    holders: list[Sequence]
    children: dict[int, "Node"] = field(default_factory=dict[int, "Node"])

    def split(self, position: int) -> None:
        """End at `position`; a new child holds the rest."""
        rest = Node(position, self.stop, list(self.holders), self.children)
        self.stop = position
        self.children = {self.holders[0].tokens[position]: rest}

    def join(self) -> None:
        """Take the only child back in, where both have the same holders."""
        children = list(self.children.values())
        if len(children) == 1 and len(children[0].holders) == len(self.holders):
            self.stop = children[0].stop
            self.children = children[0].children


Claim = tuple[Sequence, int, int]
"""(another sequence, start, stop): it holds the same tokens at these positions."""


class PrefixTree:
    """A root for each set of weights; below it each beginning exists once, however many sequences hold it."""

    def __init__(self) -> None:
        self._roots: dict[Hashable, Node] = {}

    def match(self, prompt: list[int], weights: Hashable) -> tuple[int, list[Sequence]]:
        """How many first tokens of `prompt` are held, the last one left out, and who holds so many."""
        node = self._roots.get(weights)
        length, limit = 0, len(prompt) - 1
        holders: list[Sequence] = []
        while node and length == node.stop and length < limit:
            node = node.children.get(prompt[length])
            if node:
                holders = list(node.holders)
                length = common_prefix(holders[0].tokens, prompt, length, min(node.stop, limit))
        return length, holders

    def insert(self, sequence: Sequence) -> list[Claim]:
        """Place the tokens of `sequence` that the tree does not know yet.

        Returns:
            Where others hold the very same tokens already: from now on `sequence` counts as a holder of their cells.
        """
        tokens, claims = sequence.tokens, list[Claim]()
        self._roots.setdefault(sequence.weights, Node(0, 0, []))
        node = self._path(sequence)[-1]
        while node.stop < len(tokens):
            start = node.stop
            if node.holders == [sequence]:
                node.stop = len(tokens)
            elif tokens[start] not in node.children:
                node.children[tokens[start]] = node = Node(start, len(tokens), [sequence])
            else:
                node = node.children[tokens[start]]
                stop = common_prefix(node.holders[0].tokens, tokens, start, min(node.stop, len(tokens)))
                if stop < node.stop:
                    node.split(stop)
                claims.append((node.holders[0], start, stop))
                node.holders.append(sequence)
        sequence.num_placed = len(tokens)
        return claims

    def remove(self, sequence: Sequence, length: int) -> None:
        """Give up its claim on all but the first `length` tokens. To be called while it still has them."""
        for node in self._path(sequence):
            if node.start < length < node.stop:
                node.split(length)
        path = self._path(sequence)
        for parent, node in pairwise(path):
            if node.start >= length:
                node.holders.remove(sequence)
                if not node.holders:  # nor has anybody what follows
                    del parent.children[sequence.tokens[node.start]]
                    break
        for node in path[:0:-1]:
            node.join()
        if not path[0].children:
            del self._roots[sequence.weights]
        sequence.num_placed = length

    def num_own(self, sequence: Sequence, start: int = 0) -> int:
        """Cells from position `start` on that nobody but `sequence` holds."""
        if not sequence.num_placed:
            return 0
        leaf = self._path(sequence)[-1]
        return max(0, leaf.stop - max(start, leaf.start)) if leaf.holders == [sequence] else 0

    def nodes(self) -> Iterator[Node]:
        """All of them."""
        waiting = list(self._roots.values())
        while waiting:
            node = waiting.pop()
            waiting += node.children.values()
            yield node

    def _path(self, sequence: Sequence) -> list[Node]:
        """From the root to where `sequence` ends. No token is compared: it is known to be there."""
        path = [self._roots[sequence.weights]]
        while path[-1].stop < sequence.num_placed:
            path.append(path[-1].children[sequence.tokens[path[-1].stop]])
        return path


def common_prefix(left: list[int], right: list[int], start: int, stop: int) -> int:
    """Where the two differ first, at most `stop`; before `start` they agree. Compares slices: the loop is in C."""
    width, end = 64, min(start + 64, stop)
    while start < end and left[start:end] == right[start:end]:
        width *= 2
        start, end = end, min(end + width, stop)
    while start < end:
        middle = (start + end + 1) // 2
        if left[start:middle] == right[start:middle]:
            start = middle
        else:
            end = middle - 1
    return start
