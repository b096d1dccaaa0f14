"""A keystroke in the middle of a long chat prefill, and how soon a cancelled request leaves the engine."""

import asyncio
import time
from collections.abc import Iterator, Sequence

from assistant.bench.keystrokes import Progress, type_key
from assistant.bench.sheet import Sheet
from assistant.bench.statistics import percentile, ratio
from assistant.bench.target import Answer, Target
from assistant.bench.trace import Hole

BEGUN_S = 0.3
"""By then a long prompt is tokenised and being computed."""
BETWEEN_KEYS_S = 0.1
POLL_S = 0.001


async def fill_during_prefill(
    targets: Sequence[Target], runs: Sequence[Sequence[Hole]], prompts: Iterator[str], progress: Progress
) -> Sheet:
    """Whole time of completions, alone and while a long chat is computed, in turn.

    Args:
        targets: Servers.
        runs: Keys; each run is typed alone up to its middle, and on from there beside a prefill.
        prompts: Long texts, each new to every server.
        progress: Hears about the runs.
    """
    alone: dict[str, list[float]] = {target.name: [] for target in targets}
    during: dict[str, list[float]] = {target.name: [] for target in targets}
    for number, run in enumerate(runs):
        progress("completions during a prefill", number, len(runs))
        half = len(run) // 2
        for target in targets:
            answers = [await type_key(target, hole) for hole in run[:half]]
            alone[target.name] += [answer.total_ms for answer in answers[1:]]  # the first pays for the jump
            during[target.name] += await _beside_a_prefill(target, run[half:], next(prompts))
    return _during_sheet(alone, during)


async def _beside_a_prefill(target: Target, keys: Sequence[Hole], prompt: str) -> list[float]:
    """Total times in ms of the completions that were asked for while the prompt was still being computed."""
    totals: list[float] = []
    chat = asyncio.create_task(target.chat(prompt, max_tokens=1))
    await asyncio.sleep(BEGUN_S)
    for hole in keys:
        if chat.done():
            break
        totals.append((await type_key(target, hole)).total_ms)
        await asyncio.sleep(BETWEEN_KEYS_S)
    await _end(chat)
    return totals


async def _end(task: asyncio.Task[Answer]) -> None:
    """Close a request's connection. Raises what ended it before."""
    task.cancel()
    (result,) = await asyncio.gather(task, return_exceptions=True)
    if isinstance(result, Exception):  # being cancelled is none
        raise result


def _during_sheet(alone: dict[str, list[float]], during: dict[str, list[float]]) -> Sheet:
    rows: list[tuple[str | float | int | None, ...]] = []
    for name, found in during.items():
        before, beside = percentile(alone[name], 95), percentile(found, 95)
        p50 = (percentile(alone[name], 50), percentile(found, 50))
        rows.append((name, *p50, before, beside, ratio(beside, before), len(found)))
    columns = ("completions", "alone p50 ms", "during p50 ms", "alone p95 ms", "during p95 ms", "p95 ratio", "samples")
    return Sheet("Whole completions, alone and during a long chat prefill", columns, tuple(rows), bars="during p95 ms")


async def cancel(targets: Sequence[Target], prompts: Iterator[str], num_cancels: int, progress: Progress) -> Sheet:
    """Time from closing a connection until the server computes nothing, in prefill and in decode."""
    rows: list[tuple[str | float | int | None, ...]] = []
    for target in targets:
        latencies: dict[str, list[float]] = {"prefill": [], "decode": []}
        for number in range(num_cancels):
            progress(f"cancel, {target.name}", number, num_cancels)
            latencies["prefill"] += await _cancel_ms(target, next(prompts))
            latencies["decode"] += await _cancel_ms(target, f"# {number}\nCount to a million.")
        for phase, found in latencies.items():
            rows.append((f"{target.name}, {phase}", percentile(found, 50), percentile(found, 95), len(found)))
    return Sheet("From a closed connection to an idle engine", ("cancel", "p50 ms", "p95 ms", "samples"), tuple(rows))


async def _cancel_ms(target: Target, prompt: str) -> list[float]:
    """One sample; none if the answer ended before it was cancelled."""
    chat = asyncio.create_task(target.chat(prompt, max_tokens=1000))
    await asyncio.sleep(BEGUN_S)
    has_ended = chat.done()
    started = time.perf_counter()
    await _end(chat)
    if has_ended:
        return []
    while not await target.is_idle():
        await asyncio.sleep(POLL_S)
    return [1e3 * (time.perf_counter() - started)]
