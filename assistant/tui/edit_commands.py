"""What is done with the code of an answer: look at it as a diff, apply it, take that back, run it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from textual.app import App

from assistant.context.listing import project_root
from assistant.edits import Proposal, Refusal, propose
from assistant.errors import InputError
from assistant.lookalikes import lookalikes
from assistant.running import LANGUAGES, Snippet, run
from assistant.running.runs import CPU_S, MEMORY_BYTES, OUTPUT_BYTES, WALL_S
from assistant.tui.chat import Chat
from assistant.tui.commands import Command
from assistant.tui.diff import DiffScreen, Taken, as_text, hunk_body
from assistant.tui.feature import Feature
from assistant.workspace import Workspace

_LABEL_CHARS = 80


def editing(folder: Path | None = None) -> Feature:
    """The feature, for the project that `folder`, or else the working folder, is in."""
    root = project_root(folder or Path.cwd())
    return Feature(commands=_Editing(root).commands())


class _Editing:
    """Acts on one project; it is opened for each command."""

    def __init__(self, root: Path, journal: Path | None = None) -> None:
        self._root = root
        self._journal = journal

    def commands(self) -> Sequence[Command]:
        """All of them."""
        return (
            Command(
                name="apply",
                argument="[FILE]",
                summary="Write the changes of the last answer, or the code block to FILE: a diff first, hunk by hunk.",
                is_enabled=_has_answer,
                run=self._apply,
            ),
            Command(
                name="diff",
                argument="[FILE]",
                summary="Show what /apply would change; nothing is written.",
                is_enabled=_has_answer,
                run=self._diff,
            ),
            Command(name="undo", summary="Take back what /apply wrote last.", run=self._undo),
            Command(
                name="run",
                summary="Run the code block, locked down: no network, no writing into the project.",
                is_enabled=lambda chat: chat.block is not None,
                run=self._run,
            ),
        )

    def _opened(self) -> Workspace:
        return Workspace(self._root, self._journal)

    async def _apply(self, chat: Chat, path: str) -> None:
        with self._opened() as workspace:
            for change in await asyncio.to_thread(workspace.recover):
                chat.say(
                    f"A change was cut short: {len(change.records)} files. /undo takes back what was written of it."
                )
            proposals = await self._proposed(chat, workspace, path)
            taken = await _reviewed(chat, proposals)
            edits = [
                proposal.edit(accepted, is_confirmed_twice=True)
                for proposal, accepted in zip(proposals, taken, strict=True)
                if accepted and await _confirmed(chat, proposal)
            ]
            label = " ".join(chat.session.conversation.turns[-1].question.split())[:_LABEL_CHARS]
            written = await asyncio.to_thread(workspace.apply, edits, label)
        chat.say(f"Wrote {', '.join(written)}. /undo takes it back." if written else "Nothing was written.")

    async def _diff(self, chat: Chat, path: str) -> None:
        with self._opened() as workspace:
            chat.show("What /apply would change", as_text(await self._proposed(chat, workspace, path)))

    async def _proposed(self, chat: Chat, workspace: Workspace, path: str) -> list[Proposal]:
        """What the answer, or its code block, proposes. What cannot be used is told; if that is all, raised."""
        answer = _last_answer(chat)
        if path and chat.block:
            fence = "`" * 40
            answer = f"{fence}\n{chat.block.text}\n{fence}\n"
        proposals, refusals = await asyncio.to_thread(propose, answer, workspace, path or None)
        if not proposals:
            raise InputError(_why_nothing(refusals), hint="name the file of the code block: /apply FILE")
        for refusal in refusals:
            chat.say(f"{refusal.path or 'a block'}: {refusal.why}")
        return proposals

    async def _undo(self, chat: Chat, _argument: str) -> None:
        with self._opened() as workspace:
            change = await asyncio.to_thread(workspace.undo)
        chat.say(f"Took back {', '.join(record.path for record in change.records)}.")

    async def _run(self, chat: Chat, _argument: str) -> None:
        block = chat.block
        assert block
        language = LANGUAGES.get(block.info.partition(" ")[0].partition(":")[0].lower())
        if language is None:
            raise InputError("only Python and shell blocks are run", hint="copy the block, and run it yourself")
        snippet = Snippet(language=language, code=block.text, folder=self._root)
        if not await chat.confirm("Run this?", _about_run(snippet)):
            chat.say("Nothing was run.")
            return
        outcome = await run(snippet)
        chat.show(f"{snippet.shown} · {outcome.note}", outcome.output or "It printed nothing.")


async def _reviewed(chat: Chat, proposals: Sequence[Proposal]) -> Taken:
    """Ask about every hunk, on a screen or line by line."""
    if isinstance(chat, App):
        taken = await cast(App[Any], chat).push_screen_wait(DiffScreen(proposals))
        return taken if taken is not None else [set() for _ in proposals]
    return [
        {
            n
            for n, hunk in enumerate(each.hunks)
            if await chat.confirm(f"{each.base.path}: take this?", hunk_body(each, hunk).plain)
        }
        for each in proposals
    ]


async def _confirmed(chat: Chat, proposal: Proposal) -> bool:
    """Ask once more where a file is more than text."""
    if proposal.danger is None:
        return True
    return await chat.confirm(f"Really change {proposal.base.path}?", f"It is more than text: {proposal.danger}.")


def _has_answer(chat: Chat) -> bool:
    return any(turn.answer for turn in chat.session.conversation.turns)


def _last_answer(chat: Chat) -> str:
    return next(turn.answer for turn in reversed(chat.session.conversation.turns) if turn.answer)


def _why_nothing(refusals: Sequence[Refusal]) -> str:
    if not refusals:
        return "the answer names no file that it would change"
    return "nothing can be applied: " + "; ".join(f"{each.path or 'a block'}: {each.why}" for each in refusals)


def _about_run(snippet: Snippet) -> str:
    """What a person reads before saying yes."""
    seen = [f"! {found.word} {found.why}" for found in lookalikes(snippet.code)]
    limits = f"{WALL_S:.0f} s, {CPU_S} s of processor, {MEMORY_BYTES >> 30} GB, {OUTPUT_BYTES >> 10} KB of output"
    lines = [
        f"command  {snippet.shown}",
        f"folder   {snippet.folder} (can be read, not written)",
        f"limits   no network; {limits}",
        *seen,
        "",
        snippet.code.rstrip(),
    ]
    return "\n".join(lines)
