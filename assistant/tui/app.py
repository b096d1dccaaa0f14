"""The full-screen chat: prompt, transcript and status line around a `Session`. Nothing deeper is known here."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, Literal

from textual import on
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import BindingsMap
from textual.content import Content
from textual.screen import Screen
from textual.theme import Theme
from textual.worker import Worker

from assistant.client import Assistant
from assistant.errors import CairnError, ConfigError
from assistant.protocol import Status
from assistant.sanitize import sanitize
from assistant.tui.answer import Answer
from assistant.tui.catalogue import features as all_features
from assistant.tui.chat import Choice
from assistant.tui.clipboard import copy_by_program, osc52
from assistant.tui.commands import Command, Registry, is_typed, keys_of, perform
from assistant.tui.completion import slash_source
from assistant.tui.conversation import Conversation, Reply
from assistant.tui.dialogs import Choose, Confirm, Read
from assistant.tui.feature import Feature
from assistant.tui.ghost import Ghost
from assistant.tui.help import help_tables, key_name
from assistant.tui.key_line import ActiveKey, KeyLine
from assistant.tui.look import Look
from assistant.tui.markdown import CodeBlock
from assistant.tui.notes import ending, progress, stopped
from assistant.tui.offers import Offers
from assistant.tui.prompt import Prompt
from assistant.tui.session import Session
from assistant.tui.settings import ChatSettings
from assistant.tui.status import StatusLine
from assistant.tui.transcript import Entry, Transcript

_FRAMES_PER_S = 12
_QUIT_WINDOW_S = 2.0
"""Two presses of ctrl+c within this time quit."""


def run_chat(assistant: Assistant, settings: ChatSettings | None = None, begin: str = "") -> None:
    """Chat in the terminal until the user quits, then close `assistant`. Raises `ConfigError` for unusable settings.

    The chat may `begin` with something as if it had been typed: `/resume`.
    """

    async def session() -> None:
        try:
            await ChatApp(assistant, settings=settings, begin=begin).run_async()
        finally:
            await assistant.aclose()

    asyncio.run(session())


class ChatApp(App[None]):
    """A conversation with the model on the whole screen; the `Chat` that commands act on."""

    TITLE = "Cairn"
    PAUSE_GC_ON_SCROLL = True
    CSS = "ToastRack { margin-bottom: 4; }"
    """What is told in passing stands above the prompt, not over it."""

    def __init__(
        self,
        assistant: Assistant,
        *,
        settings: ChatSettings | None = None,
        features: Sequence[Feature] | None = None,
        begin: str = "",
    ) -> None:
        super().__init__()
        self._begin = begin
        self._settings = settings = settings or ChatSettings()
        if settings.theme not in self.available_themes:
            hint = f"there are {', '.join(sorted(self.available_themes))}"
            raise ConfigError(f'there is no theme "{settings.theme}"', hint=hint)
        self._features = features = all_features() if features is None else features
        commands = [command for feature in features for command in feature.commands]
        self.registry = Registry(commands, settings.keys, settings.preset)
        self.session = Session(
            assistant,
            keepers=[keeper for feature in features for keeper in feature.keepers],
            prepare=[feature.prepare for feature in features if feature.prepare],
            answer_tokens=settings.answer_tokens,
        )
        self._view: Answer | None = None
        self._reader: Worker[None] | None = None
        self._quit_armed_until_s = 0.0
        self._bind_keys()

    def _bind_keys(self) -> None:
        """Give every command its keys; those that the prompt needs are the transcript's."""
        self._bindings = BindingsMap.merge([self._bindings])  # its own: Textual's lists are those of all apps
        for command in self.registry:
            for key in keys_of(command):
                if not is_typed(key):
                    label, action = command.label, f"command('{command.name}')"
                    self._bindings.bind(key, action, label, show=bool(label), priority=True)

    def compose(self) -> ComposeResult:
        """Lay out status line, transcript, prompt and keys from top to bottom."""
        yield StatusLine()
        yield Transcript(self.registry)
        sources = [source for feature in self._features for source in feature.sources]
        ghost = Ghost(self.session)
        suggest = ghost.suggest if self._settings.has_ghost_text else None
        yield (offers := Offers())
        fold = next((feature.fold for feature in self._features if feature.fold), str)
        yield Prompt(offers, [slash_source(self.registry, self), *sources], suggest, fold)
        yield KeyLine()

    def on_mount(self) -> None:
        """Start with an empty conversation, and ask the daemon who it is."""
        self._status = self.query_one(StatusLine)
        self._transcript = self.query_one(Transcript)
        self._prompt = self.query_one(Prompt)
        self._frames = self.set_interval(1 / _FRAMES_PER_S, self._draw, pause=True)
        self.theme = self._settings.theme
        self._look = Look.of(self.theme_variables)
        self.theme_changed_signal.subscribe(self, self._restyle)
        self.screen.bindings_updated_signal.subscribe(self, self._show_keys)  # pyright: ignore[reportUnknownMemberType]
        self._prompt.focus()
        self.open(Conversation())
        for feature in self._features:
            if feature.joined:
                feature.joined(self)
        self.run_worker(self._learn_status)
        if self._begin:
            self._sent(Prompt.Sent(self._begin))

    async def _learn_status(self) -> None:
        try:
            self._status.daemon = await self.session.learn_status()
        except CairnError as error:
            self.warn(error)
        else:
            if not self.session.conversation.turns:
                self._transcript.welcome(self._status.daemon)

    # ------------------------------------------------------------------------------------------------- one answer

    @on(Prompt.Sent)
    def _sent(self, sent: Prompt.Sent) -> None:
        """Do what was typed: a command, or a question."""
        try:
            parsed = self.registry.parse(sent.text)
        except CairnError as error:
            self._prompt.text = sent.text
            self.notify(sanitize(f"{error}: {error.hint}"), severity="warning", markup=False)
            return
        if parsed:
            self._perform(*parsed)
        elif self.session.reply:
            self._prompt.text = sent.text
            self.say("Esc stops the running answer first.")
        else:
            self._prompt.remember(sent.text)
            self.ask(sent.text)

    def ask(self, question: str) -> None:
        """Send a question to the model."""
        self.stop()
        reply = self.session.ask(question)
        self._view = self._transcript.ask(question, self._look)
        self._reader = self.run_worker(self._read(reply, self._view))
        self._frames.resume()
        self.refresh_bindings()

    async def _read(self, reply: Reply, view: Answer) -> None:
        failure: CairnError | None = None
        try:
            async with aclosing(self.session.read(reply)) as pieces:
                async for piece in pieces:
                    view.write(piece)
        except CairnError as error:
            failure = error
        if self.session.reply is reply:
            self._end("broke off" if failure else ending(reply), failure)

    def _draw(self) -> None:
        if self.session.reply and self._view:
            self._view.flush(progress(self.session.reply))
            self.session.keep()
            self._status.show(self.session.reply)

    def _end(self, note: str, failure: CairnError | None = None) -> None:
        """Keep what came of the answer, on the screen and in the conversation."""
        reply, view = self.session.reply, self._view
        if not reply or not view:
            return
        self._frames.pause()
        view.finish(note)
        self.session.end(note)
        self._status.show(reply)
        self.refresh_bindings()
        if failure:
            self.warn(failure)
            view.display = bool(reply.text)
        elif self.session.status is None or self.session.status.pid:  # memory grew, or another window changed the model
            self.run_worker(self._learn_status)

    # --------------------------------------------------------------------------------- what commands ask of a chat

    @property
    def block(self) -> CodeBlock | None:
        """The chosen code block, else the last one."""
        return self._transcript.block or self._transcript.last_block

    def stop(self) -> None:
        """Cancel the running answer; what came of it stays."""
        if self.session.reply and self._reader:
            self._reader.cancel()
            self._end(stopped(self.session.reply))

    def open(self, conversation: Conversation) -> None:
        """Show this conversation and go on with it."""
        self.stop()
        self.session.open(conversation)
        self._status.forget()
        if conversation.turns:
            self._transcript.show(_entries(conversation), self._look)
        else:
            self._transcript.welcome(self.session.status)
        self.read_on()

    def answered_by(self, status: Status, context_tokens: int) -> None:
        """Show it at the top."""
        self._status.forget()
        self._status.daemon, self._status.context_tokens = status, context_tokens
        if not self.session.conversation.turns:
            self._transcript.welcome(status)

    def say(self, text: str) -> None:
        """Tell one thing."""
        self.notify(sanitize(text), markup=False)

    def warn(self, error: CairnError) -> None:
        """Tell what went wrong, in the transcript."""
        self._transcript.notice(error)

    def show(self, title: str, text: str) -> None:
        """Show something to read."""
        self.push_screen(Read(title, Content(sanitize(text))))

    async def choose(self, title: str, choices: Sequence[Choice]) -> int | None:
        """Let one line be chosen."""
        return await self.push_screen_wait(Choose(title, choices))

    async def confirm(self, question: str, details: str = "") -> bool:
        """Ask for a yes."""
        return bool(await self.push_screen_wait(Confirm(question, details)))

    def draft(self, text: str) -> None:
        """Put text into the prompt."""
        self.read_on()
        self._prompt.text = text
        self._prompt.move_cursor(self._prompt.document.end)

    def copy(self, text: str, what: str) -> None:
        """Copy text, and say so."""
        self.copy_to_clipboard(sanitize(text))
        self.say(f"Copied {what}.")

    def copy_to_clipboard(self, text: str) -> None:
        """Copy text by the terminal and by a program of the desktop. The answers and the prompt end here, too."""
        self._clipboard = text
        if self._driver and not self.is_headless:
            self._driver.write(osc52(text))
            self.run_worker(partial(copy_by_program, text), thread=True)

    def leave(self) -> None:
        """End the chat; what came of an answer is kept."""
        self.stop()
        self.exit()

    # ------------------------------------------------------------------------------------------------------ commands

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what can be done; over a dialog, only to leave."""
        if action != "command":
            return True
        name = str(parameters[0])
        is_covered = len(self.screen_stack) > 1
        return name == "interrupt" if is_covered else self.registry[name].is_enabled(self)

    def _show_keys(self, screen: Screen[Any]) -> None:
        order = {command.label: number for number, command in enumerate(self.registry)}
        active = (each.binding for each in screen.active_bindings.values() if each.enabled and each.binding.show)
        keys = [ActiveKey(each.key, self.get_key_display(each), each.description) for each in active]
        self.query_one(KeyLine).keys = sorted(keys, key=lambda each: order.get(each.label, -1))

    @on(KeyLine.Clicked)
    def _clicked(self, clicked: KeyLine.Clicked) -> None:
        self.simulate_key(clicked.key)

    def action_command(self, name: str) -> None:
        """Run a command by its name."""
        self._perform(self.registry[name])

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Give the palette every command that can be done, with its keys."""
        for command in self.registry:
            if command.is_enabled(self) and command.name != "commands":
                keys = " ".join(map(key_name, filter(lambda key: not is_typed(key), keys_of(command))))
                title = command.name.replace("-", " ").capitalize()
                yield SystemCommand(title, f"{command.summary}  {keys}".rstrip(), partial(self._perform, command))

    def _perform(self, command: Command, argument: str = "") -> None:
        self.run_worker(partial(self._reported, command, argument))

    async def _reported(self, command: Command, argument: str) -> None:
        try:
            await perform(command, self, argument)
        except CairnError as error:
            self.notify(sanitize(f"{error}\n{error.hint}"), severity="warning", markup=False)

    # ------------------------------------------------------------------------------------------- what a screen can do

    @property
    def is_reading(self) -> bool:
        """Whether a code block is chosen, so that typed keys are commands."""
        return self._transcript.has_focus

    def move_block(self, step: Literal[-1, 1]) -> None:
        """Choose the code block above or below; below the last one is the prompt."""
        self._transcript.move_block(step)
        if self._transcript.block is None:
            self.read_on()

    def read_on(self) -> None:
        """Go back to the prompt."""
        self._transcript.choose(None)
        self._prompt.focus()

    @on(Transcript.Typed)
    def _typed(self, typed: Transcript.Typed) -> None:
        self.read_on()
        self._prompt.insert(typed.text)

    def interrupt(self) -> None:
        """Copy what is selected; where nothing is, quit at the second press."""
        selected = self._prompt.selected_text or self.screen.get_selected_text()
        if selected:
            self.copy(selected, "the selection")
        elif time.monotonic() < self._quit_armed_until_s:
            self.leave()
        else:
            self._quit_armed_until_s = time.monotonic() + _QUIT_WINDOW_S
            self.notify("Ctrl+C again quits.", timeout=_QUIT_WINDOW_S, markup=False)

    def show_help(self) -> None:
        """Show every key and command."""
        self.push_screen(Read("Help", *help_tables(self.registry)))

    def scroll_page(self, pages: Literal[-1, 1]) -> None:
        """Scroll by a page, up or down, without leaving the prompt; above the first message are earlier ones."""
        if pages > 0:
            self._transcript.scroll_page_down(animate=False)
        elif self._transcript.scroll_y > 0 or not self._transcript.load_earlier():
            self._transcript.scroll_page_up(animate=False)

    def scroll_all(self, way: Literal[-1, 1]) -> None:
        """Scroll to the first loaded message, or to the end."""
        (self._transcript.scroll_end if way > 0 else self._transcript.scroll_home)(animate=False)

    def _restyle(self, _theme: Theme) -> None:
        self._look = Look.of(self.theme_variables)
        for answer in self._transcript.query(Answer):
            answer.restyle(self._look)


def _entries(conversation: Conversation) -> list[Entry]:
    """The messages of a conversation that is shown again."""
    entries: list[Entry] = []
    for turn in conversation.turns:
        entries.append(Entry("question", sanitize(turn.question)))
        if turn.answer:
            entries.append(Entry("answer", turn.answer))
    return entries
