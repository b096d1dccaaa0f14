"""The chat in plain lines: for screen readers, dumb terminals and pipes. Nothing is drawn, moved or repeated.

Every message begins with who speaks, a line of its own says how an answer ended, and the commands are those of the
full screen, typed with a slash. Ctrl+C stops an answer; at the prompt, like the end of the input, it ends the chat.
"""

import asyncio
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import aclosing, suppress
from typing import TextIO

from assistant.client import Assistant
from assistant.errors import CairnError, InputError
from assistant.protocol import Status
from assistant.sanitize import sanitize
from assistant.tui.catalogue import features as all_features
from assistant.tui.chat import Choice
from assistant.tui.clipboard import copy_by_program
from assistant.tui.commands import Command, Registry, perform
from assistant.tui.conversation import Conversation
from assistant.tui.feature import Feature
from assistant.tui.markdown import CodeBlock, code_blocks, fence_bare_code
from assistant.tui.notes import ending, stopped
from assistant.tui.session import Session
from assistant.tui.settings import ChatSettings

_KEEP_EVERY_S = 0.5


def wants_plain(environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Whether the full screen would be in the way: no terminal, one that cannot move its cursor, or a screen reader.

    `ACCESSIBLE` is what other programs ask, too: any value but 0 and nothing.
    """
    if "TEXTUAL_DRIVER" in environ:  # the screen is elsewhere: `cairn chat --web`
        return False
    is_accessible = environ.get("ACCESSIBLE", "0") not in ("", "0")
    return not is_terminal or is_accessible or environ.get("TERM", "") in ("dumb", "")


def run_plain_chat(assistant: Assistant, settings: ChatSettings | None = None, *, begin: str = "") -> None:
    """Chat in lines on stdin and stdout, then close `assistant`. Raises `ConfigError` for unusable settings.

    The chat may `begin` with something as if it had been typed: `/resume`.
    """

    async def session() -> None:
        try:
            await PlainChat(assistant, sys.stdin, sys.stdout, settings=settings).run(begin)
        finally:
            await assistant.aclose()

    asyncio.run(session())


class PlainChat:
    """A conversation in lines; the `Chat` that commands act on.

    Args:
        assistant: Who answers.
        source: Where lines come from.
        sink: Where lines go.
        settings: Of keys and colours it has none; the longest answer counts.
        features: What it can do; else what every chat can.
    """

    def __init__(
        self,
        assistant: Assistant,
        source: TextIO,
        sink: TextIO,
        *,
        settings: ChatSettings | None = None,
        features: Sequence[Feature] | None = None,
    ) -> None:
        settings = settings or ChatSettings()
        self._features = features = all_features() if features is None else features
        commands = [command for feature in features for command in feature.commands if command.in_plain]
        self.registry = Registry([*commands, *_plain_commands(self)])
        self.session = Session(
            assistant,
            keepers=[keeper for feature in features for keeper in feature.keepers],
            prepare=[feature.prepare for feature in features if feature.prepare],
            answer_tokens=settings.answer_tokens,
        )
        self._source, self._sink = source, sink
        self._draft = ""
        self._questions: list[str] = []
        self._reading: asyncio.Task[None] | None = None
        self._is_over = False

    async def run(self, begin: str = "") -> None:
        """Do what it `begin`s with, then read lines and answer them until the input or the user ends it."""
        for feature in self._features:
            if feature.joined:
                feature.joined(self)
        with suppress(CairnError):  # who cannot be reached now is said when it is asked
            status = await self.session.learn_status()
            where = "on this machine alone" if status.pid else f"online, through {status.model_path}"
            self.say(f"{status.model}, {where}. /help lists commands, /quit ends.")
        await self._do(begin)
        while not self._is_over and (line := await self._read_line("You: ")):
            await self._do(line.strip())
            while self._questions and not self._is_over:
                await self._answer(self._questions.pop(0))

    async def _do(self, line: str) -> None:
        """Do what was typed: a command, or a question."""
        try:
            parsed = self.registry.parse(line)
            if parsed:
                await perform(parsed[0], self, parsed[1])
            elif line:
                self._questions.append(line)
        except CairnError as error:
            self.warn(error)

    async def _answer(self, question: str) -> None:
        """Stream one answer; Ctrl+C stops it, in the model, too."""
        self.session.ask(question)
        self._reading = asyncio.create_task(self._stream())
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError, RuntimeError, ValueError):  # not the main thread: nothing interrupts it
            loop.add_signal_handler(signal.SIGINT, self._reading.cancel)
        try:
            await asyncio.gather(self._reading, return_exceptions=True)
        finally:
            with suppress(NotImplementedError, RuntimeError, ValueError):
                loop.remove_signal_handler(signal.SIGINT)
        if error := None if self._reading.cancelled() else self._reading.exception():
            raise error

    async def _stream(self) -> None:
        reply = self.session.reply
        if reply is None:
            return
        note, failure = "", None
        self._write("Cairn: ")
        try:
            async with aclosing(self.session.read(reply)) as pieces:
                async for piece in pieces:
                    self._write(sanitize(piece))
                    self.session.keep()
            note = ending(reply)
        except CairnError as error:
            note, failure = "broke off", error
        except asyncio.CancelledError:
            note = stopped(reply)
        self._write("" if reply.text.endswith("\n") else "\n")
        self.say(note)
        self.session.end(note)
        if failure:
            self.warn(failure)

    async def _read_line(self, label: str) -> str:
        """A line of the input with its end; a backslash there goes on to the next. "" at the end of the input."""
        self._write(label)
        lines: list[str] = []
        while line := await asyncio.to_thread(self._source.readline):
            lines.append(line)
            if not line.endswith("\\\n"):
                break
            lines[-1] = f"{line[:-2]}\n"
        if not line:
            self._write("\n")
        return "".join(lines)

    def _write(self, text: str) -> None:
        self._sink.write(text)
        self._sink.flush()

    # --------------------------------------------------------------------------------- what commands ask of a chat

    @property
    def block(self) -> CodeBlock | None:
        """The last code block of the last answer that has one."""
        for turn in reversed(self.session.conversation.turns):
            if found := code_blocks(fence_bare_code(sanitize(turn.answer))):
                return found[-1]
        return None

    def say(self, text: str) -> None:
        """Tell one thing."""
        self._write(f"Note: {sanitize(text)}\n")

    def warn(self, error: CairnError) -> None:
        """Tell what went wrong."""
        self._write(f"Error: {sanitize(str(error))}\nHint: {sanitize(error.hint)}\n")

    def show(self, title: str, text: str) -> None:
        """Write something longer."""
        self._write(f"{sanitize(title)}:\n{sanitize(text)}\n")

    async def choose(self, title: str, choices: Sequence[Choice]) -> int | None:
        """Let a number be typed."""
        lines = (f"{number}. {each.label}  {each.detail}".rstrip() for number, each in enumerate(choices, 1))
        self.show(title, "\n".join(lines))
        typed = (await self._read_line("Number, or nothing: ")).strip()
        return int(typed) - 1 if typed.isdecimal() and 0 < int(typed) <= len(choices) else None

    async def confirm(self, question: str, details: str = "") -> bool:
        """Ask for a yes."""
        if details:
            self._write(f"{sanitize(details)}\n")
        return (await self._read_line(f"{sanitize(question)} (yes, or nothing): ")).strip().lower() in ("y", "yes")

    def ask(self, question: str) -> None:
        """Send a question after the command that asks it."""
        self._write(f"You: {sanitize(question)}\n")
        self._questions.append(question)

    def stop(self) -> None:
        """Stop the running answer."""
        if self._reading:
            self._reading.cancel()

    def open(self, conversation: Conversation) -> None:
        """Go on with this conversation; its last turn is repeated, to know where one is."""
        self.session.open(conversation)
        for turn in conversation.turns[-1:]:
            self._write(f"You: {sanitize(turn.question)}\nCairn: {sanitize(turn.answer)}\n")

    def answered_by(self, status: Status, context_tokens: int) -> None:
        """Nothing is shown all the time here; whoever changed it says so."""

    def draft(self, text: str) -> None:
        """Show the text that is to be changed: here it must be typed again."""
        self.show("To be changed and sent", text)

    def copy(self, text: str, what: str) -> None:
        """Copy text by a program of the desktop; a screen reader's terminal is sent no escape sequence."""
        if not copy_by_program(text):
            hint = "wl-copy, xclip, pbcopy and clip.exe would do"
            raise InputError("there is no program here that copies", hint=hint)
        self.say(f"Copied {what}.")

    def leave(self) -> None:
        """End the chat."""
        self._is_over = True


def _plain_commands(chat: PlainChat) -> Sequence[Command]:
    def list_commands(*_: object) -> None:
        typed = (each for each in chat.registry if each.is_slash)
        chat.show(
            "Commands", "\n".join(f"/{each.name} {each.argument}".rstrip() + f": {each.summary}" for each in typed)
        )

    return (Command(name="help", summary="List all commands.", run=list_commands),)
