"""What a room adds to every chat, full-screen or plain: one value that it hands to `assistant.tui.catalogue`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.tui.chat import Chat
from assistant.tui.commands import Command
from assistant.tui.completion import Source
from assistant.tui.session import Keeper, Prepare


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """Commands, and whoever listens to a conversation, changes what the model reads, or completes what is typed."""

    commands: Sequence[Command] = ()
    keepers: Sequence[Keeper] = ()
    prepare: Prepare | None = None
    """From a question to what the model reads in its place; features do so one after the other."""
    sources: Sequence[Source] = ()
    joined: Callable[[Chat], None] | None = None
    """Told once which chat it is in, as soon as that can be spoken to."""
    fold: Callable[[str], str] | None = None
    """From text that was pasted to what stands for it in the prompt."""
