"""The input at the bottom: grows with its text, Enter sends."""

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key, Paste
from textual.message import Message
from textual.widgets import TextArea

from assistant.sanitize import sanitize

_NEWLINE_KEYS = ("ctrl+j", "shift+enter", "alt+enter")
"""Ctrl+J works in every terminal; the others where the terminal tells them from Enter."""


class Prompt(TextArea, inherit_bindings=False):
    """A text area that sends on Enter, takes a newline otherwise and recalls the last question on Up."""

    DEFAULT_CSS = """
    Prompt {
        height: auto; min-height: 3; max-height: 50%; padding: 0 1; scrollbar-size-vertical: 1;
        border: round $border-blurred; background: transparent;
    }
    Prompt:focus { border: round $primary; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "Send"),
        *TextArea.BINDINGS,  # after ours, so that the footer starts with Send
    ]

    @dataclass
    class Sent(Message):
        """The user wants this text answered."""

        text: str

    def __init__(self) -> None:
        super().__init__(placeholder="Ask about code", highlight_cursor_line=False)
        self.is_blocked = False
        """A question was sent and its answer is not over: text can be typed, not sent. Whoever answers resets it."""
        self._last = ""

    def on_key(self, event: Key) -> None:
        """Send or break the line here and now: a binding would overtake characters that still wait in the queue."""
        if event.key == "enter":
            self.action_send()
        elif event.key in _NEWLINE_KEYS:
            self._type("\n")
        else:
            return
        event.prevent_default()
        event.stop()

    def action_send(self) -> None:
        """Hand over the text, if there is any and nothing runs, and empty the prompt."""
        if self.is_blocked:
            self.notify("Esc stops the running answer first.", markup=False)
        elif self.text.strip():
            self.is_blocked, self._last = True, self.text
            self.post_message(self.Sent(self.text.strip("\n")))
            self.clear()

    def action_cursor_up(self, select: bool = False) -> None:
        """Recall the last question into an empty prompt; else move the cursor."""
        if self.text:
            super().action_cursor_up(select)
        else:
            self.text = self._last
            self.move_cursor(self.document.end)

    def on_paste(self, event: Paste) -> None:
        """Take pasted text, which came from anywhere, without what a terminal would obey."""
        event.prevent_default()
        event.stop()
        lines = event.text.replace("\r\n", "\n").replace("\r", "\n")
        self._type(sanitize(lines))

    def _type(self, text: str) -> None:
        self.move_cursor(self.replace(text, *self.selection).end_location)
