"""Ask the model for one of the actions, with progress, and only a model that was made for conversations."""

import contextlib

from lsprotocol import types

from assistant.client import Assistant
from assistant.errors import EngineError, InputError
from assistant.protocol import ChatRequest, FinishReason
from lsp.actions.desk import Desk, Report
from lsp.actions.prompts import ask
from lsp.actions.scene import CHARS_PER_TOKEN, Room, Scene, name_of, room_in, scene_at
from lsp.actions.target import Target
from lsp.documents import Document

_TITLES = {
    "explain": "Explaining",
    "document": "Documenting",
    "tests": "Writing tests for",
    "fix": "Fixing",
    "edit": "Editing",
}


def opened(desk: Desk, target: Target) -> Document:
    """The document of a target, as it was when the action was listed.

    Raises:
        InputError: It is not open, not certain, not to be read, or another version by now.
    """
    document = desk.document(target.uri)
    if document is None:
        raise InputError(
            f"{name_of(target.uri)} is not open here, or may not be read", hint="open it, or save it if it is open"
        )
    if target.version not in (None, document.version):
        raise _stale(document)
    return document


def check_current(desk: Desk, document: Document, version: int) -> None:
    """See that a document is what it was.

    Raises:
        InputError: It has been edited or closed.
    """
    if desk.document(document.uri) is not document or document.version != version:
        raise _stale(document)


async def room(desk: Desk) -> Room:
    """How much fits into the model that would answer.

    Raises:
        EngineError: It was not made for conversations.
    """
    status = await desk.assistant.status()
    if not status.can_chat:
        raise EngineError(
            f"the model {status.model} completes code but was not made for conversations, which this action needs",
            hint="get one: `cairn models import FILE.gguf --name NAME`, then `cairn models use NAME` (README: Models)",
        )
    return room_in(status.context_tokens)


async def answer_of(
    desk: Desk, action: str, target: Target, token: types.ProgressToken | None, *, detail: str = ""
) -> tuple[str, Scene] | None:
    """Ask for an action; the answer and what it is about. None if the user cancelled it.

    Raises:
        CairnError: As `opened`, `room` and `scene_at`; or the answer was cut short, or comes too late.
    """
    document = opened(desk, target)
    version = document.version
    size = await room(desk)
    scene = scene_at(document, target.range, size)
    request = ask(action, scene, size, detail=detail)
    title = f"{_TITLES[action]} {scene.name}"
    answer = await desk.working(title, token, lambda report: _said(desk.assistant, request, report))
    if answer is None:
        return None
    text, finish_reason = answer
    check_current(desk, document, version)
    if finish_reason != "stop":
        if action != "explain":
            raise EngineError("the answer was cut short, so nothing was edited", hint="select fewer lines")
        text += "\n\n…"
    return text, scene


async def _said(assistant: Assistant, request: ChatRequest, report: Report) -> tuple[str, FinishReason]:
    """Collect an answer. Cancelling the task closes the stream, and so ends the model's work."""
    text = ""
    finish_reason: FinishReason = "cancelled"
    async with contextlib.aclosing(assistant.chat(request)) as deltas:
        async for delta in deltas:
            text += delta.text
            finish_reason = delta.finish_reason or finish_reason
            report(f"about {len(text) // CHARS_PER_TOKEN} tokens")
    return text, finish_reason


def _stale(document: Document) -> InputError:
    return InputError(f"{name_of(document.uri)} changed meanwhile, so nothing was edited", hint="run the action again")
