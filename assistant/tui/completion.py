"""What can be offered for the word being typed. A source is a function; the prompt asks all of them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from assistant.tui.chat import Chat
from assistant.tui.commands import Command, Registry


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something to put in the place of what was typed."""

    text: str
    """What is put there."""
    detail: str = ""
    """Beside it, dim."""
    is_whole: bool = False
    """Nothing is missing then: Enter takes it and sends the prompt."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Candidates, best first, for the end of what was typed."""

    start: int
    """Where the text that they replace begins, in characters of what stands before the cursor."""
    candidates: Sequence[Candidate]


Source = Callable[[str], Awaitable[Offer | None]]
"""From the text before the cursor to what fits there; None where it is not this source's matter."""


def slash_source(registry: Registry, chat: Chat) -> Source:
    """Commands while a first word begins with a slash, then what the command has to offer as its argument."""

    async def offer(before: str) -> Offer | None:
        if not before.startswith("/") or "\n" in before:
            return None
        name, space, argument = before[1:].partition(" ")
        typed = [each for each in registry if each.is_slash and each.is_enabled(chat)]
        if not space:
            fitting = [each for each in typed if each.name.startswith(name)]
            return _offer(0, [_candidate(each) for each in fitting], before)
        found = [text for each in typed if each.name == name for text in each.complete(chat, argument)]
        return _offer(len(name) + 2, [Candidate(text, is_whole=True) for text in found], before)

    return offer


def _candidate(command: Command) -> Candidate:
    """A command that takes something is followed by a space for it; what may be left out, Enter leaves out."""
    space = " " if command.argument else ""
    return Candidate(f"/{command.name}{space}", command.summary, is_whole=command.argument[:1] in ("", "["))


def _offer(start: int, candidates: Sequence[Candidate], before: str) -> Offer | None:
    """Nothing is offered where all of it stands there already."""
    is_there = [each.text for each in candidates] == [before[start:]]
    return Offer(start, candidates) if candidates and not is_there else None
