"""What a command may ask of the chat it runs in, whichever it is: the full screen or plain lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.errors import CairnError
from assistant.protocol import Status
from assistant.tui.conversation import Conversation
from assistant.tui.markdown import CodeBlock
from assistant.tui.session import Session


@dataclass(frozen=True, slots=True)
class Choice:
    """One line to choose from."""

    label: str
    detail: str = ""
    """Beside it, dim."""


class Chat(Protocol):
    """The person's side of a conversation. Every text is sanitised by the chat, and is never markup."""

    @property
    def session(self) -> Session:
        """The conversation, the assistant behind it, and who keeps it."""
        ...

    @property
    def block(self) -> CodeBlock | None:
        """The code block under the block cursor, else the last one of the last answer that has any."""
        ...

    def say(self, text: str) -> None:
        """Tell one thing, in a line."""
        ...

    def warn(self, error: CairnError) -> None:
        """Tell what went wrong and what to do about it."""
        ...

    def show(self, title: str, text: str) -> None:
        """Show something longer, to be read and put away."""
        ...

    async def choose(self, title: str, choices: Sequence[Choice]) -> int | None:
        """Let one of them be chosen: its index; None where none was."""
        ...

    async def confirm(self, question: str, details: str = "") -> bool:
        """Ask for a yes; anything else is no."""
        ...

    def ask(self, question: str) -> None:
        """Send a question to the model, as if it had been typed."""
        ...

    def stop(self) -> None:
        """Stop the running answer, in the model too; what came of it stays."""
        ...

    def open(self, conversation: Conversation) -> None:
        """Go on with this conversation instead: it is shown, and the next question belongs to it."""
        ...

    def answered_by(self, status: Status, context_tokens: int) -> None:
        """Show that another model answers from now on, and how many of its tokens the conversation is."""
        ...

    def draft(self, text: str) -> None:
        """Put text into the prompt, to be changed and sent."""
        ...

    def copy(self, text: str, what: str) -> None:
        """Copy text to the clipboard and say that `what` was copied."""
        ...

    def leave(self) -> None:
        """End the chat."""
        ...
