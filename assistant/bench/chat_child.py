"""One measurement of a chat's screen, in a process of its own, on a terminal of its own.

    python -m assistant.bench.chat_child '{"way": "Cairn", …}' RESULT.json

Stall: how late a task wakes that wants to every 10 ms. What keeps it waiting keeps a key waiting, too.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from textual.pilot import Pilot

from assistant.bench.chat_text import PacedAssistant, pieces
from assistant.bench.chat_views import WAYS, View
from assistant.bench.statistics import percentile

_BEAT_S = 0.01
_SETTLE_S = 1.5
_MESSAGE_TOKENS = 20
"""Of each of many messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to measure."""

    way: str
    """Of showing: a key of `WAYS`."""
    num_lines: int
    """Of the conversation that is shown before it begins."""
    tokens_per_s: float = 0.0
    """0: nothing is written at all."""
    seconds: float = 0.0
    num_messages: int = 0
    """Instead: so many short answers one after the other, as fast as they go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was found."""

    is_complete: bool
    """Whether every token was shown in the end."""
    cpu_percent: float
    """Of one core."""
    tokens_per_s: float = 0.0
    stall_p50_ms: float = 0.0
    stall_p95_ms: float = 0.0
    stall_max_ms: float = 0.0
    memory_mb: tuple[float, ...] = ()
    """Resident, after each tenth of many messages."""


async def measure(job: Job) -> Result:
    """Run the program that the job names, and measure it."""
    num_tokens = _MESSAGE_TOKENS if job.num_messages else int(job.tokens_per_s * job.seconds)
    assistant = PacedAssistant(pieces(num_tokens), job.tokens_per_s)
    view, found = WAYS[job.way](assistant), list[Result]()

    async def work(_pilot: Pilot[object]) -> None:
        await asyncio.sleep(_SETTLE_S)
        await view.load(job.num_lines)
        await asyncio.sleep(_SETTLE_S)
        found.append(await _measured(job, view, list(assistant.tokens)))
        view.app.exit()

    await view.app.run_async(mouse=False, auto_pilot=work)  # a pilot runs within the program, as its own code does
    return found[0]


async def _measured(job: Job, view: View, tokens: list[str]) -> Result:
    if job.num_messages:
        return await _many(view, job.num_messages, "".join(tokens))
    return await _stream(view, tokens) if tokens else await _idle(job.seconds)


async def _idle(seconds: float) -> Result:
    """Nothing happens, and nothing measures meanwhile; then how late a task wakes beside nothing at all."""
    percent, stalls = _cpu(), list[float]()
    await asyncio.sleep(seconds)
    cpu_percent = percent()
    heart = asyncio.create_task(_beat(stalls))
    await asyncio.sleep(seconds)
    heart.cancel()
    return _result(stalls, is_complete=True, cpu_percent=cpu_percent)


async def _stream(view: View, tokens: list[str]) -> Result:
    stalls: list[float] = []
    heart = asyncio.create_task(_beat(stalls))
    started_s, percent = time.perf_counter(), _cpu()
    shown = await view.answer()
    wall_s, cpu_percent = time.perf_counter() - started_s, percent()
    heart.cancel()
    is_complete = shown == "".join(tokens)
    return _result(stalls, is_complete=is_complete, cpu_percent=cpu_percent, tokens_per_s=len(tokens) / wall_s)


def _result(stalls: list[float], *, is_complete: bool, cpu_percent: float, tokens_per_s: float = 0.0) -> Result:
    return Result(
        is_complete=is_complete,
        cpu_percent=cpu_percent,
        tokens_per_s=tokens_per_s,
        stall_p50_ms=percentile(stalls, 50) or 0.0,
        stall_p95_ms=percentile(stalls, 95) or 0.0,
        stall_max_ms=max(stalls, default=0.0),
    )


async def _beat(stalls: list[float]) -> None:
    while True:
        due_s = time.perf_counter() + _BEAT_S
        await asyncio.sleep(_BEAT_S)
        stalls.append(1000 * max(0.0, time.perf_counter() - due_s))


async def _many(view: View, num_messages: int, text: str) -> Result:
    process, memory, is_complete, percent = psutil.Process(), list[float](), True, _cpu()
    for number in range(1, num_messages + 1):
        is_complete &= await view.answer() == text
        if number % max(1, num_messages // 10) == 0:
            memory.append(process.memory_info().rss / 2**20)
    return Result(is_complete=is_complete, cpu_percent=percent(), memory_mb=tuple(memory))


def _cpu() -> Callable[[], float]:
    """How busy this process is from now on, in percent of one core."""
    started_s, cpu_s = time.perf_counter(), time.process_time()
    return lambda: 100 * (time.process_time() - cpu_s) / (time.perf_counter() - started_s)


if __name__ == "__main__":
    job = Job(**json.loads(sys.argv[1]))
    Path(sys.argv[2]).write_text(json.dumps(asdict(asyncio.run(measure(job)))))
