"""The input at the bottom: grows with its text, offers what fits, suggests how it goes on; Enter sends."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.events import Key, Paste
from textual.message import Message
from textual.widgets import TextArea

from assistant.sanitize import sanitize
from assistant.tui.completion import Candidate, Source
from assistant.tui.offers import Offers

_NEWLINE_KEYS = ("ctrl+j", "shift+enter", "alt+enter")
"""Ctrl+J works in every terminal; the others where the terminal tells them from Enter."""
_PAUSE_S = 0.35
"""The model is asked how the text goes on when nothing was typed for so long."""

Suggest = Callable[[str, str], Awaitable[str]]
"""From the text before and after the cursor to what may come between; "" where nothing may."""


class Prompt(TextArea, inherit_bindings=False):
    """A text area that sends on Enter, takes a newline otherwise and recalls the last question on Up.

    Args:
        offers: Where to show what fits the word being typed.
        sources: Who knows what fits.
        suggest: Who knows how the text goes on. It is cancelled when something is typed meanwhile.
        fold: Says what stands for a text that was pasted.
    """

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
        """The user wants this text answered, or done."""

        text: str

    def __init__(
        self,
        offers: Offers,
        sources: Sequence[Source] = (),
        suggest: Suggest | None = None,
        fold: Callable[[str], str] = str,
    ) -> None:
        super().__init__(placeholder="Ask about code", highlight_cursor_line=False)
        self.cursor_blink = False  # nothing moves while nobody does anything
        self._offers = offers
        self._sources = sources
        self._suggest = suggest
        self._fold = fold
        self._offered_for = ""
        self._last = ""

    def remember(self, question: str) -> None:
        """Recall this one on Up."""
        self._last = question

    # ---------------------------------------------------------------------------------------------------------- keys

    async def on_key(self, event: Key) -> None:
        """Act here and now: a binding would overtake characters that still wait in the queue."""
        if event.key in ("enter", "tab") and self._offered_for != self._before:
            await self._look_for_offers(self._before)
        if event.key in _NEWLINE_KEYS:
            self._type("\n")
        elif event.key == "enter":
            self.action_send()
        elif event.key == "tab":
            self._take()
        elif not (self._offers.is_open and self._move_in_offers(event.key)):
            return
        event.prevent_default()
        event.stop()

    def _move_in_offers(self, key: str) -> bool:
        """Use a key for the list of offers. False where it is not one of its keys."""
        moves = {
            "up": self._offers.action_cursor_up,
            "down": self._offers.action_cursor_down,
            "escape": lambda: self._offers.present(None),
        }
        if key in moves:
            moves[key]()
        return key in moves

    def action_send(self) -> None:
        """Take the marked offer; hand over the text, if there is any and nothing is missing, and empty the prompt."""
        if self._chosen and not self._take():
            return
        if self.text.strip():
            self.post_message(self.Sent(self.text.strip("\n")))
            self.clear()

    def _take(self) -> bool:
        """Put the marked offer, or what is suggested, into the text. Whether nothing is missing then."""
        if chosen := self._chosen:
            start, candidate = chosen
            row = self._before.count("\n", 0, start)
            column = start - (self._before.rfind("\n", 0, start) + 1)
            self._offers.present(None)
            self.move_cursor(self.replace(candidate.text, (row, column), self.cursor_location).end_location)
            return candidate.is_whole
        if self.suggestion:
            self._type(self.suggestion)
        return False

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
        self._type(self._fold(sanitize(lines)))

    def _type(self, text: str) -> None:
        self.move_cursor(self.replace(text, *self.selection).end_location)

    # --------------------------------------------------------------------------------------- offers and suggestions

    @property
    def _before(self) -> str:
        return self.get_text_range((0, 0), self.cursor_location)

    @on(TextArea.Changed)
    def _changed(self) -> None:
        self.run_worker(partial(self._look_for_offers, self._before), group="offers", exclusive=True)

    @property
    def _chosen(self) -> tuple[int, Candidate] | None:
        """What is marked in the list, unless that is still about an earlier text: keys can overtake it."""
        return self._offers.chosen if self._offered_for == self._before else None

    async def _look_for_offers(self, before: str) -> None:
        """Present what the first source knows that knows anything."""
        for source in self._sources:
            if offer := await source(before):
                break
        else:
            offer = None
        if before == self._before:
            self._offered_for = before
            self._offers.present(offer)

    def update_suggestion(self) -> None:
        """Ask how the text goes on, once nothing was typed for a moment; called by Textual at every change."""
        if self._suggest and self.is_mounted:
            self.run_worker(partial(self._look_for_suggestion, self._suggest), group="suggestion", exclusive=True)

    async def _look_for_suggestion(self, suggest: Suggest) -> None:
        before, after = self._before, self.get_text_range(self.cursor_location, self.document.end)
        if not before.strip() or self.suggestion or not (not after or after.startswith("\n")):
            return
        await asyncio.sleep(_PAUSE_S)
        suggested = await suggest(before, after)
        if self._before == before and not self._offers.is_open:
            self.suggestion = suggested
