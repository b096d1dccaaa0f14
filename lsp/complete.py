"""The way of a completion: document, hole, wait, model, rules, items. The newest request of a document wins."""

import asyncio
from dataclasses import replace
from itertools import count

from lsprotocol import types

from assistant.errors import CairnError
from assistant.protocol import Completion, FimRequest
from lsp.completion import Hole, fim_request, inline_hole, inline_item, menu_hole, suggestion
from lsp.context.gather import to_chunks
from lsp.documents import Document
from lsp.menu import menu_items
from lsp.noting import ACCEPTED, note_shown
from lsp.session import CompletionServer, now_s
from lsp.shown import Shown
from lsp.watch import log_line, watched

EARLY_LIMIT_MS = 30_000
"""A first line may take so long."""
WARM_UP_AFTER_S = 0.3
"""An editor that restores a session opens many documents at once; the last one is looked at."""

_ids = count(1)


async def inline_completion(
    ls: CompletionServer, params: types.InlineCompletionParams
) -> list[types.InlineCompletionItem] | None:
    """Answer with ghost text."""
    document = ls.usable_document(params.text_document.uri)
    is_manual = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
    if document is None or not (is_manual or ls.settings.automatic):
        return None
    hole = inline_hole(document, params, ls.windows)
    asked_at_s = now_s()
    shown = await suggest(ls, document, hole, is_manual=is_manual)
    if shown is None:
        return None
    took_ms = (now_s() - asked_at_s) * 1000
    trigger = "manual" if is_manual else "automatic"
    note_shown(ls, document, hole, shown.id, shown.text, trigger=trigger, latency_ms=took_ms)
    return [inline_item(hole, shown.text, types.Command(title="accepted", command=ACCEPTED, arguments=[shown.id]))]


async def completion(ls: CompletionServer, params: types.CompletionParams) -> types.CompletionList | None:
    """Answer with items for a menu."""
    document = ls.usable_document(params.text_document.uri)
    if document is None or ls.menu_shape is None:
        return None
    hole = menu_hole(document, params, ls.windows)
    asked_at_s = now_s()
    shown = await suggest(ls, document, hole)
    if shown is None:
        return None
    text = shown.text if ls.menu_shape.is_multi_line else shown.text.partition("\n")[0]
    took_ms = (now_s() - asked_at_s) * 1000
    note_shown(ls, document, hole, shown.id, text, trigger="automatic", latency_ms=took_ms)
    return menu_items(hole, shown.text, ls.menu_shape)


async def suggest(ls: CompletionServer, document: Document, hole: Hole, *, is_manual: bool = False) -> Shown | None:
    """What to show in the hole: what is left of what is shown already, or what the model says.

    None if there is nothing, the model failed, or the document or its newest request has moved on.
    """
    before = ls.shown.get(document.uri)
    rest = before.rest(hole) if before else None
    if before and rest is not None and before.is_whole:
        ls.completions.cancel(document.uri)
        return replace(before, text=rest)
    wait_s = 0.0 if is_manual or rest is not None else _wait_s(ls)
    completion = await _newest(ls, document, hole, wait_s)
    return None if completion is None else _show(ls, document, hole, completion)


async def _newest(ls: CompletionServer, document: Document, hole: Hole, wait_s: float) -> Completion | None:
    version = document.version
    try:
        completion = await ls.completions.run(document.uri, _ask(ls, document, hole, wait_s))
    except CairnError as error:
        ls.tell_failure(error)
        return None
    return completion if ls.is_current(document, version) else None


async def _ask(ls: CompletionServer, document: Document, hole: Hole, wait_s: float) -> Completion:
    await asyncio.sleep(wait_s)
    excerpts = await ls.neighbourhood.excerpts(document, document.locate(hole.replaced.end))
    may_be_early = not hole.around.is_before_a_line  # there, only whole lines are shown
    request = replace(
        fim_request(hole, ls.settings),
        name=ls.neighbourhood.name(document),
        chunks=to_chunks(excerpts),
        client=ls.client_id,
        document=document.uri,
        early_ms=EARLY_LIMIT_MS if may_be_early and ls.pace.wants_early(ls.settings.early_ms) else 0,
    )
    asked_at_s = now_s()
    async with watched(ls):
        completion = await ls.assistant.complete(request)
    took_s = now_s() - asked_at_s
    if not completion.timings.is_remembered:
        ls.pace.answered(took_s, is_whole=completion.finish_reason != "early")
    ls.log(log_line(completion, took_s=took_s, waited_s=wait_s))
    return completion


def _show(ls: CompletionServer, document: Document, hole: Hole, completion: Completion) -> Shown | None:
    text = suggestion(hole, completion)
    if not text:
        ls.shown.pop(document.uri, None)
        return None
    is_whole = completion.finish_reason != "early"
    shown = Shown(id=next(_ids), prefix=hole.prefix, suffix=hole.suffix, text=text, is_whole=is_whole)
    ls.shown[document.uri] = shown
    return shown


def _wait_s(ls: CompletionServer) -> float:
    if ls.settings.debounce_ms == "auto":
        return ls.pace.wait_s()
    return ls.settings.debounce_ms / 1000


async def warm_up(ls: CompletionServer) -> None:
    """Have the model loaded before anybody types."""
    await asyncio.sleep(WARM_UP_AFTER_S)
    try:
        async with watched(ls):
            await ls.assistant.complete(FimRequest(prefix="", suffix="", warm_up=True, client=ls.client_id))
    except CairnError as error:
        ls.log(f"warm-up: {error}")
