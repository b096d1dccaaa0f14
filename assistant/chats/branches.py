"""The branches of a chat, laid out for a person: one row for each stretch of messages without a fork."""

from collections.abc import Iterator
from dataclasses import dataclass

from assistant.chats.tree import Node, Tree


@dataclass(frozen=True, slots=True)
class Branch:
    """Messages that follow each other, from a fork, or the beginning, to the next fork or the end."""

    nodes: tuple[Node, ...]
    depth: int
    """Forks above it."""
    is_current: bool
    """Whether the path to the tip goes through it."""


def branches(tree: Tree) -> Iterator[Branch]:
    """All branches, each above those that fork from it, the older fork first."""
    current = {node.hash for node in tree.path()}
    waiting = [(node, 0) for node in reversed(tree.children.get(tree.chat, ()))]
    while waiting:
        node, depth = waiting.pop()
        stretch = _stretch(tree, node)
        yield Branch(stretch, depth, node.hash in current)
        waiting += [(child, depth + 1) for child in reversed(tree.children.get(stretch[-1].hash, ()))]


def _stretch(tree: Tree, node: Node) -> tuple[Node, ...]:
    stretch = [node]
    while len(below := tree.children.get(stretch[-1].hash, ())) == 1:
        stretch += below
    return tuple(stretch)
