"""What the model sees besides the question: `@file`, /add, /drop, /preset, AGENTS.md; and /context shows it."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any, Protocol, cast, runtime_checkable

from textual.app import App

from assistant.context.attached import INSTRUCTIONS, Attached, attach, instructions
from assistant.context.budget import MIN_ANSWER_TOKENS, Share, check_fits, short
from assistant.context.fuzzy import best_paths
from assistant.context.listing import project_files, project_root
from assistant.context.mentions import Mention, mentions, spelled, typed_path
from assistant.context.pastes import Pastes
from assistant.context.presets import presets
from assistant.errors import CairnError, InputError
from assistant.protocol import ChatRequest, LaidOut, RequestClass
from assistant.respect import language_of
from assistant.tui.chat import Chat
from assistant.tui.commands import Command
from assistant.tui.completion import Candidate, Offer
from assistant.tui.context import ContextScreen, as_text
from assistant.tui.conversation import Conversation
from assistant.tui.feature import Feature
from assistant.tui.prompt import Prompt
from assistant.tui.session import Session
from assistant.workspace import Workspace, WorkspaceError

_FRESH_S = 10.0
"""A listing of the project's files is as old as this at most."""


@runtime_checkable
class Counting(Protocol):
    """An assistant that says what its model would read; one behind an endpoint does not."""

    async def lay_out_chat(self, request: ChatRequest) -> LaidOut:
        """The conversation, piece by piece, with token counts. Raises `CairnError`."""
        ...

    async def num_tokens(self, text: str, role: RequestClass = "completion") -> int:
        """Raises `CairnError`."""
        ...


def context(folder: Path | None = None) -> Feature:
    """The feature, for the project that `folder`, or else the working folder, is in."""
    shelf = _Shelf(project_root(folder or Path.cwd()))
    return Feature(
        commands=shelf.commands(), prepare=shelf.prepare, sources=(shelf.offer_paths,), fold=shelf.pastes.chip
    )


class _Shelf:
    """What goes along with the questions of one chat."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.pastes = Pastes()
        self._added: dict[str, Mention] = {}
        self._has_instructions = True
        self._preset = "none"
        self._files: Sequence[str] = ()
        self._files_until_s = 0.0

    def commands(self) -> Sequence[Command]:
        """All of them."""
        return (
            Command(name="context", summary="Show exactly what the model will see, with token counts.", run=self._show),
            Command(
                name="add",
                argument="FILE[:10-40]",
                summary="Let a file, or lines of it, go along with the next question; as @FILE in the question does.",
                run=self._add,
                complete=lambda _chat, typed: best_paths(typed, self._files),
            ),
            Command(
                name="drop",
                argument="[NAME]",
                summary=f"Leave out what was added, or {INSTRUCTIONS}; without a name all of it.",
                run=self._drop,
                complete=lambda _chat, typed: [name for name in self._names() if name.startswith(typed)],
            ),
            Command(
                name="preset",
                argument="[NAME]",
                summary="Choose what the model is told before the first question.",
                run=self._choose_preset,
                complete=lambda _chat, typed: [name for name in presets() if name.startswith(typed)],
            ),
        )

    async def prepare(self, session: Session, question: str) -> str:
        """The question with all that goes along. Raises `CairnError`: something is not there, or does not fit."""
        attached = await asyncio.to_thread(self._attached, question)
        session.conversation = replace(session.conversation, system=await asyncio.to_thread(self._system))
        text = "\n\n".join([*(each.text for each in attached), self.pastes.expand(question)])
        await self._check_fits(session, session.conversation.reading(text), attached)
        self._added.clear()
        return text

    async def offer_paths(self, before: str) -> Offer | None:
        """Paths that fit what is typed behind an @."""
        typed = typed_path(before)
        if typed is None:
            return None
        if time.monotonic() > self._files_until_s:
            self._files = await asyncio.to_thread(project_files, self._root)
            self._files_until_s = time.monotonic() + _FRESH_S
        if typed in self._files:
            return None
        found = await asyncio.to_thread(best_paths, typed.removeprefix('"'), self._files)
        return Offer(len(before) - len(typed), [Candidate(spelled(path)) for path in found]) if found else None

    def _attached(self, question: str) -> list[Attached]:
        """The files that the question names, and those that were added before it."""
        found: dict[str, Attached] = {}
        with Workspace(self._root) as workspace:
            for mention in self._added.values():
                found[mention.label] = attach(mention, workspace)
            for mention in mentions(question):
                try:
                    found[mention.label] = attach(mention, workspace)
                except WorkspaceError:
                    if "/" in mention.path or language_of(PurePath(mention.path)):  # else it is code: @pytest.fixture
                        raise
        return list(found.values())

    def _system(self) -> str:
        with Workspace(self._root) as workspace:
            project = instructions(workspace) if self._has_instructions else None
        parts = [
            presets().get(self._preset, ""),
            f"The project says in its {INSTRUCTIONS}:\n{project.text}" if project else "",
        ]
        return "\n\n".join(part for part in parts if part)

    async def _check_fits(self, session: Session, conversation: Conversation, attached: Sequence[Attached]) -> None:
        if not isinstance(session.assistant, Counting):
            return
        laid_out = await session.assistant.lay_out_chat(conversation.request())
        total = laid_out.num_tokens
        if total + MIN_ANSWER_TOKENS > laid_out.window_tokens:
            shares = [Share(each.label, await session.assistant.num_tokens(each.text, "chat")) for each in attached]
            if conversation.system:
                shares.append(Share(INSTRUCTIONS, await session.assistant.num_tokens(conversation.system, "chat")))
            check_fits(total, laid_out.window_tokens, shares)

    # ------------------------------------------------------------------------------------------------------ commands

    async def _show(self, chat: Chat, _argument: str) -> None:
        """The next request as it would be sent now, with what stands in the prompt."""
        typed = cast(App[Any], chat).query_one(Prompt).text if isinstance(chat, App) else ""
        attached = await asyncio.to_thread(self._attached, typed)
        system = await asyncio.to_thread(self._system)
        text = "\n\n".join([*(each.text for each in attached), self.pastes.expand(typed)])
        asked = replace(chat.session.conversation, system=system).asked(text)
        request = asked.request()
        if text or len(request.messages) > 1:
            request = replace(request, messages=request.messages if text else request.messages[:-1])
        if not isinstance(chat.session.assistant, Counting):
            whole = "\n\n".join(f"{message.role}:\n{message.content}" for message in request.messages)
            chat.show("What the model will see (an endpoint does not say how many tokens it is)", whole)
            return
        laid_out = await chat.session.assistant.lay_out_chat(request)
        shares = [Share(each.label, await chat.session.assistant.num_tokens(each.text, "chat")) for each in attached]
        if isinstance(chat, App):
            await cast(App[Any], chat).push_screen_wait(ContextScreen(laid_out, shares))
        else:
            chat.show("What the model will see", as_text(laid_out, shares))

    async def _add(self, chat: Chat, name: str) -> None:
        found = mentions(f"@{name}") or mentions(f'@"{name}"')
        if not found:
            raise InputError("add what?", hint="/add FILE, or /add FILE:10-40")
        with Workspace(self._root) as workspace:
            attached = await asyncio.to_thread(attach, found[0], workspace)
        self._added[found[0].label] = found[0]
        chat.say(f"{attached.label} goes along with the next question{await self._size(chat, attached.text)}.")

    async def _size(self, chat: Chat, text: str) -> str:
        if isinstance(chat.session.assistant, Counting):
            with suppress(CairnError):  # a count is nice to have
                num_tokens = await chat.session.assistant.num_tokens(text, "chat")
                return f": {short(num_tokens)} tokens"
        return ""

    def _names(self) -> list[str]:
        return [*self._added, *([INSTRUCTIONS] if self._has_instructions else [])]

    def _drop(self, chat: Chat, name: str) -> None:
        if name and name not in self._names():
            there = ", ".join(self._names()) or "nothing"
            raise InputError(f"{name} is not there to be left out", hint=f"there is {there}; what was said stays: /new")
        if name in ("", INSTRUCTIONS):
            self._has_instructions = False
        if name:
            self._added.pop(name, None)
        else:
            self._added.clear()
        chat.say(f"{name or 'All that was added'} is left out from now on.")

    def _choose_preset(self, chat: Chat, name: str) -> None:
        known = presets()
        if not name:
            chat.show("Presets", "\n\n".join(f"{each}\n{text or '(nothing)'}" for each, text in known.items()))
            return
        if name not in known:
            raise InputError(f'there is no preset "{name}"', hint=f"there are {', '.join(known)}")
        self._preset = name
        chat.say(f"From the next question on: {name}.")
