"""Many clients for a long time: only cancelled requests fail, and neither memory nor cache cells are lost.

Greedy answers are those of a fresh daemon that is asked for one at a time.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import httpx2

from assistant.bench.keystrokes import Progress
from assistant.bench.servers import Setup, our_daemon
from assistant.bench.sheet import Sheet
from assistant.bench.soak_requests import Ask
from assistant.bench.statistics import middle
from assistant.bench.target import OurDaemon, text_of
from assistant.errors import CairnError, EngineError

NUM_CLIENTS = 8
LEAVING_SHARE = 0.15
LEAVE_WITHIN_S = 0.3
SAMPLES = 100
"""Of the memory, over the run."""
IDLE_TIMEOUT_S = 10.0
IsNearTie = Callable[[Ask, str, str], bool]
"""Whether two different greedy answers to a request are excused."""


@dataclass(slots=True, kw_only=True)
class Found:
    """What a soak saw."""

    num_requests: int = 0
    reasons: Counter[str] = field(default_factory=Counter[str])
    num_left: int = 0
    """Requests whose client closed the connection."""
    errors: list[str] = field(default_factory=list[str])
    answers: dict[int, set[str]] = field(default_factory=dict[int, set[str]])
    """Greedy ones, by the number of the request."""
    memory_bytes: list[int] = field(default_factory=list[int])
    """Over time."""
    num_busy_slots: int = 0
    num_queued: int = 0
    num_used_cells: int = 0
    num_slot_tokens: int = 0
    """At the end; cells beyond them belong to nobody."""

    @property
    def growth(self) -> float | None:
        """Of the memory: the last tenth of the run against the tenth after a warm-up of a fifth."""
        fifth, tenth = len(self.memory_bytes) // 5, max(1, len(self.memory_bytes) // 10)
        warm, last = (middle(part) for part in (self.memory_bytes[fifth : fifth + tenth], self.memory_bytes[-tenth:]))
        return last / warm - 1 if warm and last else None


async def soak(setup: Setup, asks: Sequence[Ask], *, num_requests: int, seed: int, progress: Progress) -> Found:
    """Let clients ask, each one request at a time, and leave as they like."""
    found = Found()
    numbers = iter(range(num_requests))
    async with our_daemon(setup) as daemon:
        async with asyncio.TaskGroup() as clients:
            for client in range(NUM_CLIENTS):
                draw = random.Random(f"{seed} {client}")  # noqa: S311
                clients.create_task(_client(daemon, asks, numbers, draw, found, num_requests, progress))
        await _settle(daemon, found)
    return found


async def _client(
    daemon: OurDaemon,
    asks: Sequence[Ask],
    numbers: Iterator[int],
    draw: random.Random,
    found: Found,
    num_requests: int,
    progress: Progress,
) -> None:
    for number in numbers:
        if number % max(1, num_requests // SAMPLES) == 0:
            progress("soak", number, num_requests)
            found.memory_bytes.append((await daemon.status())["memory_bytes"])
        await _ask(daemon, draw.choice(asks), draw, found)


async def _ask(daemon: OurDaemon, ask: Ask, draw: random.Random, found: Found) -> None:
    """Ask, whole or as a stream; sometimes leave before the end."""
    found.num_requests += 1
    work = (streamed if draw.random() < 0.5 else whole)(daemon, ask)
    patience = draw.uniform(0, LEAVE_WITHIN_S) if draw.random() < LEAVING_SHARE else None
    try:
        async with asyncio.timeout(patience):
            text, reason = await work
    except TimeoutError:
        found.num_left += 1
        return
    except (CairnError, httpx2.HTTPError) as error:
        found.errors.append(f"{ask.kind} {ask.number}: {error!r}")
        return
    found.reasons[reason] += 1
    if ask.is_greedy:
        found.answers.setdefault(ask.number, set()).add(text)


async def streamed(daemon: OurDaemon, ask: Ask) -> tuple[str, str]:
    """Text and finish reason, read as a stream."""
    text, reason = "", ""
    async for event in daemon.events(ask.path, ask.body):
        text += text_of(event)
        reason = event["choices"][0]["finish_reason"] or reason
    return text, reason


async def whole(daemon: OurDaemon, ask: Ask) -> tuple[str, str]:
    """Text and finish reason, in one body.

    Raises:
        EngineError: The daemon refused.
    """
    response = await daemon.http.post(ask.path, json=ask.body)
    if response.is_error:
        raise EngineError(response.text, hint="see the daemon's log")
    answer = response.json()
    return text_of(answer), answer["choices"][0]["finish_reason"]


async def _settle(daemon: OurDaemon, found: Found) -> None:
    """Wait until the last cancelled requests are gone, and count what is left."""
    try:
        async with asyncio.timeout(IDLE_TIMEOUT_S):
            while not await daemon.is_idle():
                await asyncio.sleep(0.05)
    except TimeoutError:
        found.errors.append(f"not idle after {IDLE_TIMEOUT_S:.0f} s")
    status = await daemon.status()
    found.num_busy_slots = sum(slot["is_busy"] for slot in status["slots"])
    found.num_queued = status["num_queued"]
    found.num_used_cells = status.get("num_used_cells", 0)
    found.num_slot_tokens = sum(slot["num_tokens"] for slot in status["slots"])


async def compare(
    setup: Setup, asks: Sequence[Ask], found: Found, is_near_tie: IsNearTie, progress: Progress
) -> tuple[int, list[str]]:
    """Ask for every greedy answer again, one at a time, of a fresh daemon.

    Returns:
        How many answers part from the single run's at a near-tie, and those that part elsewhere.
    """
    num_ties, wrong = 0, list[str]()
    by_number = {ask.number: ask for ask in asks}
    async with our_daemon(setup) as daemon:
        for done, (number, texts) in enumerate(sorted(found.answers.items())):
            progress("single runs", done, len(found.answers))
            expected, _ = await whole(daemon, by_number[number])
            for text in texts - {expected}:
                if is_near_tie(by_number[number], text, expected):
                    num_ties += 1
                else:
                    wrong.append(f"{by_number[number].kind} {number}: {text!r}, alone {expected!r}")
    return num_ties, wrong


def report(found: Found, num_ties: int, wrong: Sequence[str]) -> list[Sheet]:
    """Everything that was counted, and the first failures in full."""
    growth = found.growth
    rows = (
        ("requests", found.num_requests),
        *((f"ended: {reason}", count) for reason, count in sorted(found.reasons.items())),
        ("clients that left", found.num_left),
        ("errors", len(found.errors)),
        ("greedy requests", len(found.answers)),
        ("greedy answers that part at a near-tie", num_ties),
        ("greedy answers that part elsewhere", len(wrong)),
        ("growth of memory after the warm-up, %", None if growth is None else 100 * growth),
        ("busy slots at the end", found.num_busy_slots),
        ("waiting requests at the end", found.num_queued),
        ("used cells at the end", found.num_used_cells),
        ("tokens of all slots at the end", found.num_slot_tokens),
    )
    failures = tuple((text,) for text in [*found.errors, *wrong][:20])
    sheets = [Sheet("Soak", ("counted", "number"), rows)]
    return [*sheets, Sheet("Failures", ("failure",), failures)] if failures else sheets


def is_good(found: Found, wrong: Sequence[str], *, most_growth: float = 0.02) -> bool:
    """Whether nothing was lost and nothing differed that must not."""
    is_clean = not (found.errors or wrong or found.num_busy_slots or found.num_queued)
    keeps_cells = found.num_used_cells <= found.num_slot_tokens
    return is_clean and keeps_cells and (found.growth or 0.0) <= most_growth
