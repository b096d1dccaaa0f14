"""The chat: prompt, transcript and status line around an `Assistant`. Nothing deeper is known here."""

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.theme import Theme
from textual.widgets import Footer
from textual.worker import Worker

from assistant.client import Assistant
from assistant.errors import CairnError
from assistant.sanitize import sanitize
from assistant.tui.answer import Answer
from assistant.tui.conversation import Conversation, Reply
from assistant.tui.help import Help
from assistant.tui.look import Look
from assistant.tui.markdown import last_code_block
from assistant.tui.prompt import Prompt
from assistant.tui.status import StatusLine
from assistant.tui.transcript import Transcript

_FRAMES_PER_S = 12
_QUIT_WINDOW_S = 2.0
"""Two presses of ctrl+c within this time quit."""


def run_chat(assistant: Assistant) -> None:
    """Chat in the terminal until the user quits, then close `assistant`."""

    async def session() -> None:
        try:
            await ChatApp(assistant).run_async()
        finally:
            await assistant.aclose()

    asyncio.run(session())


@dataclass(frozen=True, slots=True)
class _Run:
    """An answer on its way: what came, where it shows, what reads it."""

    reply: Reply
    view: Answer
    worker: Worker[None]


class ChatApp(App[None]):
    """A conversation with the model. It lives as long as the app runs; nothing is written to disk."""

    TITLE = "Cairn"
    PAUSE_GC_ON_SCROLL = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "Stop"),
        Binding("ctrl+n", "new", "New", priority=True),
        Binding("ctrl+y", "copy_answer", "Copy", priority=True),
        Binding("f1", "help", "Help", priority=True),
        Binding("ctrl+c", "copy_or_quit", "Quit", show=False, priority=True),
        Binding("pageup", "scroll_transcript(-1)", "Scroll up", show=False, priority=True),
        Binding("pagedown", "scroll_transcript(1)", "Scroll down", show=False, priority=True),
    ]

    def __init__(self, assistant: Assistant) -> None:
        super().__init__()
        self._assistant = assistant
        self._conversation = Conversation()
        self._run: _Run | None = None
        self._quit_armed_until_s = 0.0

    def compose(self) -> ComposeResult:
        """Lay out status line, transcript, prompt and keys from top to bottom."""
        yield StatusLine()
        yield Transcript()
        yield Prompt()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Start with an empty conversation, and ask the daemon who it is."""
        self._status = self.query_one(StatusLine)
        self._transcript = self.query_one(Transcript)
        self._prompt = self.query_one(Prompt)
        self._frames = self.set_interval(1 / _FRAMES_PER_S, self._draw, pause=True)
        self.theme = "nord"
        self._look = Look.of(self.theme_variables)
        self.theme_changed_signal.subscribe(self, self._restyle)
        self._prompt.focus()
        self.action_new()
        self.run_worker(self._learn_status())

    async def _learn_status(self) -> None:
        try:
            self._status.daemon = await self._assistant.status()
        except CairnError as error:
            self._transcript.notice(error)
        else:
            if not self._conversation.turns:
                self._transcript.welcome(self._status.daemon)

    # ------------------------------------------------------------------------------------------------- one answer

    @on(Prompt.Sent)
    def _ask(self, sent: Prompt.Sent) -> None:
        self._conversation = self._conversation.asked(sent.text)
        reply = Reply(started_s=time.monotonic())
        view = self._transcript.ask(sent.text, self._look)
        self._run = _Run(reply, view, self.run_worker(self._read(reply, view)))
        self._frames.resume()
        self.refresh_bindings()

    async def _read(self, reply: Reply, view: Answer) -> None:
        failure: CairnError | None = None
        try:
            async with aclosing(self._assistant.chat(self._conversation.request())) as deltas:
                async for delta in deltas:
                    reply.take(delta, time.monotonic())
                    view.write(delta.text)
        except CairnError as error:
            failure = error
        if self._run and self._run.reply is reply:
            self._end(self._run, "broke off" if failure else _ending(reply), failure)

    def _draw(self) -> None:
        if self._run:
            self._run.view.flush(_progress(self._run.reply))
            self._show_meters(self._run.reply)

    def _end(self, run: _Run, note: str, failure: CairnError | None = None) -> None:
        """Keep what came of the answer, on the screen and in the conversation."""
        self._run = None
        self._prompt.is_blocked = False
        self._frames.pause()
        run.view.finish(note)
        self._conversation = self._conversation.answered(run.reply.text)
        self._show_meters(run.reply)
        self.refresh_bindings()
        if failure:
            self._transcript.notice(failure)
            run.view.display = bool(run.reply.text)
        elif self._status.daemon is None:
            self.run_worker(self._learn_status())

    def _show_meters(self, reply: Reply) -> None:
        self._status.tokens_per_s = reply.tokens_per_s
        self._status.ttft_ms = reply.ttft_ms
        self._status.context_tokens = reply.context_tokens or self._status.context_tokens

    # ------------------------------------------------------------------------------------------------------- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to stop only what runs."""
        return self._run is not None if action == "stop" else True

    def action_stop(self) -> None:
        """Cancel the running answer; what came of it stays."""
        if self._run:
            self._run.worker.cancel()
            self._end(self._run, f"stopped after {_count(self._run.reply)}")

    def action_new(self) -> None:
        """Start a new conversation."""
        self.action_stop()
        self._conversation = Conversation()
        self._status.tokens_per_s = self._status.ttft_ms = None
        self._status.context_tokens = 0
        self._transcript.welcome(self._status.daemon)

    def action_copy_answer(self) -> None:
        """Copy the last code block of the last answer, or all of it where it has none."""
        answers = [turn.answer for turn in self._conversation.turns if turn.answer]
        if not answers:
            self.notify("There is no answer to copy yet.", markup=False)
            return
        code = last_code_block(answers[-1])
        self.copy_to_clipboard(sanitize(code or answers[-1]))
        self.notify("Copied the code block." if code else "Copied the answer.", markup=False)

    def action_copy_or_quit(self) -> None:
        """Copy what is selected; where nothing is, quit at the second press."""
        selected = self._prompt.selected_text or self.screen.get_selected_text()
        if selected:
            self.copy_to_clipboard(selected)
            self.notify("Copied the selection.", markup=False)
        elif time.monotonic() < self._quit_armed_until_s:
            self.exit()
        else:
            self._quit_armed_until_s = time.monotonic() + _QUIT_WINDOW_S
            self.notify("Ctrl+C again quits.", timeout=_QUIT_WINDOW_S, markup=False)

    def action_help(self) -> None:
        """Show every key."""
        self.push_screen(Help())

    def action_scroll_transcript(self, pages: int) -> None:
        """Scroll by a page, up or down, without leaving the prompt."""
        (self._transcript.scroll_page_down if pages > 0 else self._transcript.scroll_page_up)(animate=False)

    def _restyle(self, _theme: Theme) -> None:
        self._look = Look.of(self.theme_variables)
        for answer in self._transcript.query(Answer):
            answer.restyle(self._look)


def _count(reply: Reply) -> str:
    return "1 token" if reply.num_tokens == 1 else f"{reply.num_tokens} tokens"


def _progress(reply: Reply) -> str:
    """Say what happens while an answer is on its way."""
    if reply.first_token_s is None:
        return f"reading · {time.monotonic() - reply.started_s:.0f} s"
    return f"writing · {_count(reply)}"


def _ending(reply: Reply) -> str:
    """Say how an answer ended that nobody stopped."""
    reason = reply.end.finish_reason if reply.end else None
    if reason == "length":
        return f"cut off at the limit of {_count(reply)}"
    if reason == "deadline":
        return f"out of time after {_count(reply)}"
    speed = "" if reply.tokens_per_s is None else f" · {reply.tokens_per_s:.1f} tok/s"
    return _count(reply) + speed
