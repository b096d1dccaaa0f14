"""/model: which model answers from the next question on. The daemon changes over; the conversation stays."""

import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Protocol, runtime_checkable

from rich import filesize

from assistant.errors import CairnError, InputError
from assistant.protocol import ListedModel, RequestClass
from assistant.tui.chat import Chat, Choice
from assistant.tui.commands import Command
from assistant.tui.completion import Candidate, Offer
from assistant.tui.context_commands import Counting
from assistant.tui.feature import Feature

_FRESH_S = 10.0
"""Names that are offered while one types are as old as this at most."""
_TYPED = "/model "
_NAME_CELLS = 26
"""Names are padded to this at most; what is longer pushes what stands beside it."""


@runtime_checkable
class Serving(Protocol):
    """An assistant that can serve other models; one behind an endpoint has its own."""

    async def models(self) -> list[ListedModel]:
        """Those that there are. Raises `CairnError`."""
        ...

    async def load_model(self, name: str, role: RequestClass = "completion") -> None:
        """Serve another one. Raises `CairnError`; the old one is served then."""
        ...


def models() -> Feature:
    """The feature."""
    switch = _Switch()
    command = Command(
        name="model",
        argument="[NAME]",
        summary="Let another model of this machine answer in the chat.",
        is_enabled=lambda chat: chat.session.reply is None,
        run=switch.run,
    )
    return Feature(commands=(command,), sources=(switch.offer,), joined=switch.join)


class _Switch:
    """Changes the model of one chat's daemon."""

    def __init__(self) -> None:
        self._chat: Chat | None = None
        self._known: Sequence[ListedModel] = ()
        self._known_until_s = 0.0

    def join(self, chat: Chat) -> None:
        """Serve this chat."""
        self._chat = chat

    async def run(self, chat: Chat, name: str) -> None:
        """Change over to the model of that name, or to one that is chosen.

        Raises:
            CairnError: There is none, or it cannot be loaded; the old one answers then.
        """
        assistant = _serving(chat)
        if not name:
            found = await assistant.models()
            width = min(max((len(each.name) for each in found), default=0), _NAME_CELLS)
            chosen = await chat.choose("Models", [_choice(each, width) for each in found])
            if chosen is None:
                return
            name = found[chosen].name
        chat.say(f"Loading {name} …")
        status = await chat.session.change_model(partial(assistant.load_model, name, "chat"))
        chat.answered_by(status, await _context_tokens(chat))
        chat.say(f"{name} answers in the chat now. To keep it: cairn models use {name} --role chat")

    async def offer(self, before: str) -> Offer | None:
        """Names that contain what is typed behind the command; while nothing is, Enter shows all of them."""
        typed = before.removeprefix(_TYPED)
        if typed in ("", before) or "\n" in before or self._chat is None:
            return None
        fitting = [each for each in await self._models(self._chat) if typed.casefold() in each.name.casefold()]
        if [each.name for each in fitting] == [typed]:
            return None
        candidates = [Candidate(each.name, _about(each), is_whole=True) for each in fitting]
        return Offer(len(_TYPED), candidates) if candidates else None

    async def _models(self, chat: Chat) -> Sequence[ListedModel]:
        if time.monotonic() > self._known_until_s:
            assistant = chat.session.assistant
            with suppress(CairnError):  # Enter tells what is wrong
                self._known = await assistant.models() if isinstance(assistant, Serving) else ()
            self._known_until_s = time.monotonic() + _FRESH_S
        return self._known


def _serving(chat: Chat) -> Serving:
    assistant = chat.session.assistant
    if not isinstance(assistant, Serving):
        raise InputError("an endpoint answers here, with a model of its own", hint="change `endpoint` in the settings")
    return assistant


async def _context_tokens(chat: Chat) -> int:
    """How many of the model's tokens the conversation is; 0 where it cannot say: the next question tells why."""
    conversation, assistant = chat.session.conversation, chat.session.assistant
    if conversation.turns and isinstance(assistant, Counting):
        with suppress(CairnError):
            return (await assistant.lay_out_chat(conversation.request())).num_tokens
    return 0


def _choice(model: ListedModel, width: int) -> Choice:
    return Choice(f"{'●' if 'chat' in model.serves else ' '} {model.name.ljust(width)}", _about(model))


def _about(model: ListedModel) -> str:
    notes = [filesize.decimal(model.num_bytes), model.file_type, model.verdict]
    notes.append("" if model.chats else "no chat template")
    return ", ".join(note for note in notes if note)
