"""Two ways to show a chat that streams: the chat's own, and what a Textual program gets from Textual's own widgets."""

import asyncio
from typing import Protocol

from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Markdown, Static

from assistant.bench.chat_text import PacedAssistant, long_conversation
from assistant.tui.answer import Answer
from assistant.tui.app import ChatApp
from assistant.tui.transcript import Transcript

_QUESTION = "How do I find the row with the largest value?"
_POLL_S = 0.005


class View(Protocol):
    """A program on the terminal that shows answers of a `PacedAssistant`."""

    app: App[None]

    async def load(self, num_lines: int) -> None:
        """Show a conversation that long."""
        ...

    async def answer(self) -> str:
        """Let one answer stream below it; returns when it is over, with the text that is shown of it."""
        ...


class Ours:
    """`ChatApp`, as it is."""

    def __init__(self, assistant: PacedAssistant) -> None:
        self._chat = ChatApp(assistant)
        self.app: App[None] = self._chat

    async def load(self, num_lines: int) -> None:
        """Open the conversation, and bring all of it onto the screen."""
        self._chat.open(long_conversation(num_lines))
        transcript = self._chat.query_one(Transcript)
        while transcript.load_earlier():
            await asyncio.sleep(_POLL_S)
        transcript.anchor()

    async def answer(self) -> str:
        """Ask, and wait for the end."""
        self._chat.ask(_QUESTION)
        while self._chat.session.reply:
            await asyncio.sleep(_POLL_S)
        return self._chat.query(Answer).last().text


class Stock:
    """One live `Markdown` a message, and a `MarkdownStream`."""

    def __init__(self, assistant: PacedAssistant) -> None:
        self._assistant = assistant
        self.app: App[None] = _StockApp()

    async def load(self, num_lines: int) -> None:
        """Mount all messages."""
        for turn in long_conversation(num_lines).turns:
            await self._column.mount(Static(turn.question, markup=False), Markdown(turn.answer))
        self._column.anchor()

    async def answer(self) -> str:
        """Mount one more message and stream into it."""
        view = Markdown()
        await self._column.mount(Static(_QUESTION, markup=False), view)
        stream = Markdown.get_stream(view)
        async for delta in self._assistant.chat(long_conversation(0).asked(_QUESTION).request()):
            await stream.write(delta.text)
        await stream.stop()
        return view.source

    @property
    def _column(self) -> VerticalScroll:
        return self.app.query_one(VerticalScroll)


class _StockApp(App[None]):
    def compose(self) -> ComposeResult:
        yield VerticalScroll()


WAYS = {"Cairn": Ours, "MarkdownStream": Stock}
