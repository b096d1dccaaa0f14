"""A chat as a tree of messages, named by what they say and what they answer to. No I/O lives here.

An edited question and an answer that was asked for again are other children of the same parent: nothing is overwritten,
and what is said twice in the same place is one message. The first message of a chat has the chat's own name for a
parent, so that two chats which begin alike do not meet. Git and simonw/llm keep theirs in the same manner.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from assistant.protocol import ChatDelta, Message

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    """Text without halves of surrogate pairs, which no file can hold: they become U+FFFD."""
    return _LONE_SURROGATE.sub("\ufffd", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message: a question, or an answer as far as it came."""

    role: Literal["user", "assistant"]
    text: str
    """Made storable."""
    read: str = ""
    """What the model reads in the place of a question, with the files it names; empty: the text itself."""

    def __post_init__(self) -> None:
        for name in ("text", "read"):
            object.__setattr__(self, name, storable(getattr(self, name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What is known of an answer's making; None where nobody has said."""

    model: str = ""
    stop: str = ""
    """Why it ended; empty: it did not, its writer was killed or still writes."""
    num_prompt_tokens: int | None = None
    num_cached_tokens: int | None = None
    """Those of the prompt that were not computed again."""
    num_tokens: int | None = None
    ttft_ms: float | None = None
    """Time to first token."""
    tokens_per_s: float | None = None


def measured_by(end: ChatDelta, known: Measured) -> Measured:
    """Add what the last piece of an answer says of its making to what is `known`."""
    known = replace(known, stop=end.finish_reason or known.stop)
    if not (timings := end.timings):
        return known
    return replace(
        known,
        num_prompt_tokens=timings.num_prompt_tokens,
        num_cached_tokens=timings.num_cached_tokens,
        num_tokens=timings.num_completion_tokens,
        ttft_ms=timings.ttft_ms,
        tokens_per_s=timings.decode_tokens_per_s,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A message in its place."""

    hash: str
    parent: str
    """Hash of the message it follows; of the first one, the chat."""
    said: Said
    said_at: float
    """Seconds since 1970."""
    measured: Measured | None = None
    """Of an answer."""
    system: str = ""
    """What the model read above all when a question was asked last."""


def new_name() -> str:
    """Draw a name for a chat or a turn."""
    return secrets.token_hex(8)


def name_of(said: Said, parent: str) -> str:
    """The hash by which a message is known: SHA-256 over everything it says, and its parent; hexadecimal."""
    whole = json.dumps([said.role, said.text, said.read, parent])
    return hashlib.sha256(whole.encode()).hexdigest()


def placed(chat: str, path: Iterable[Said]) -> Iterator[Node]:
    """Name the messages of a path from its first one on; their time is not known here, and 0."""
    parent = chat
    for said in path:
        node = Node(hash=name_of(said, parent), parent=parent, said=said, said_at=0.0)
        yield node
        parent = node.hash


def to_messages(path: Sequence[Said], *, system: str = "") -> tuple[Message, ...]:
    """What the model reads of a path, below what `system` tells it.

    A question that was never answered is left out, unless it is the last: to the model it never was, and roles keep
    alternating.
    """
    followed = zip(path, (*path[1:], None), strict=True)
    read = (
        Message(role=said.role, content=said.read or said.text)
        for said, following in followed
        if said.role != "user" or following is None or following.role == "assistant"
    )
    return (*([Message(role="system", content=system)] if system else ()), *read)


@dataclass(frozen=True)
class Tree:
    """All messages of a chat, oldest first, and where it stands."""

    chat: str
    nodes: tuple[Node, ...]
    tip: str
    """Hash of the message with which the current branch ends; empty before the first."""

    @cached_property
    def by_hash(self) -> dict[str, Node]:
        """Messages by their names."""
        return {node.hash: node for node in self.nodes}

    @cached_property
    def children(self) -> dict[str, tuple[Node, ...]]:
        """Messages by what they follow, oldest first; the first ones of the chat by its name."""
        found: dict[str, tuple[Node, ...]] = {}
        for node in self.nodes:
            found[node.parent] = (*found.get(node.parent, ()), node)
        return found

    def path(self, end: str | None = None) -> tuple[Node, ...]:
        """The messages from the first one to `end`, or to the tip."""
        path: list[Node] = []
        node = self.by_hash.get(self.tip if end is None else end)
        while node:
            path.append(node)
            node = self.by_hash.get(node.parent)
        return tuple(reversed(path))

    def system(self, end: str | None = None) -> str:
        """What the model read above all at the last question of a path."""
        questions = [node for node in self.path(end) if node.said.role == "user"]
        return questions[-1].system if questions else ""

    def newest_below(self, start: str) -> str:
        """Follow the newest message, and from it the newest again, to the end of a branch: its hash."""
        while below := self.children.get(start):
            start = below[-1].hash
        return start
