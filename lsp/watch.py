"""What the user hears of the model's work: the status bar, progress while it is loaded, one warning if it is slow."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from uuid import uuid4

from lsprotocol import types

from assistant.errors import CairnError
from assistant.protocol import Completion
from assistant.sanitize import sanitize
from lsp.session import CompletionServer

BUSY_AFTER_S = 0.2
"""A status bar that blinks with every key is worse than none."""


@contextlib.asynccontextmanager
async def watched(ls: CompletionServer) -> AsyncGenerator[None]:
    """Report on a request while it runs, and the state after it."""
    watcher = asyncio.create_task(_report_long_work(ls))
    try:
        yield
    finally:
        watcher.cancel()
    if not ls.model:
        ls.model = sanitize((await ls.assistant.status()).model)
    ls.report_status("idle" if ls.settings.automatic else "off")
    if ls.pace.is_slow:
        ls.tell(types.MessageType.Warning, _slow_words(ls))


def log_line(completion: Completion, *, took_s: float, waited_s: float) -> str:
    """One line for the log: what a completion cost. No text of it."""
    cost = completion.timings
    source = (
        "remembered"
        if cost.is_remembered
        else f"{cost.num_cached_tokens} of {cost.num_prompt_tokens} prompt tokens cached, "
        f"{cost.num_completion_tokens} new, first after {cost.ttft_ms:.0f} ms"
    )
    waited = f" after a wait of {waited_s * 1000:.0f} ms" if waited_s else ""
    return f"completion in {took_s * 1000:.0f} ms{waited}: {source} ({completion.finish_reason})"


async def _report_long_work(ls: CompletionServer) -> None:
    await asyncio.sleep(BUSY_AFTER_S)
    with contextlib.suppress(CairnError):  # the request itself will tell
        status = await ls.assistant.status()
        ls.model = sanitize(status.model)
        if status.engine_state in ("unloaded", "loading"):
            ls.report_status("loading")
            await _show_progress(ls)
    ls.report_status("busy")


async def _show_progress(ls: CompletionServer) -> None:
    """Show that the model is being loaded, until it is or nobody waits for it any more."""
    window = ls.client_capabilities.window
    if window is None or not window.work_done_progress:
        await _loaded(ls)
        return
    token = f"cairn-{uuid4().hex}"
    await ls.work_done_progress.create_async(token)  # pyright: ignore[reportUnknownMemberType]
    ls.work_done_progress.begin(token, types.WorkDoneProgressBegin(title=f"Cairn loads {ls.model}"))
    try:
        await _loaded(ls)
    finally:
        ls.work_done_progress.end(token, types.WorkDoneProgressEnd())


async def _loaded(ls: CompletionServer) -> None:
    while (await ls.assistant.status()).engine_state in ("unloaded", "loading"):
        await asyncio.sleep(BUSY_AFTER_S)


def _slow_words(ls: CompletionServer) -> str:
    return (
        f"Completions take long with {ls.model}: they are too slow to follow your typing.\n"
        "Choose a smaller model (`cairn models list`, `cairn models use`), or set `automatic` to false and ask by key."
    )
