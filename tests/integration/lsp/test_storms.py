"""Ten thousand requests, most of them cancelled: each is answered once, in time, and nothing is kept of it."""

import asyncio
from collections import Counter
from typing import Any

import psutil
import pytest

from tests.integration.lsp_record import ENV, Command
from tests.wire import Wire, edit, ghost_params, wired

NUM_REQUESTS = 10_000
BURST = 250
REQUEST_CANCELLED = -32800


async def storm(wire: Wire, requests: range) -> dict[int, dict[str, Any]]:
    """Type and ask, cancel two of three requests; collect all answers, and how long the answers to cancels took."""
    answers: dict[int, dict[str, Any]] = {}

    async def listen() -> None:
        while len(answers) < len(requests):
            message = await wire.receive()
            if "method" not in message:
                assert message["id"] not in answers
                answers[message["id"]] = message

    listening = asyncio.create_task(listen())
    for number in requests:
        wire.change(edit((0, 0), (0, 0), "x"))
        wire.send("textDocument/inlineCompletion", ghost_params(0, 1), id=number)
        if number % 3:
            wire.send("$/cancelRequest", {"id": number})
        if number % BURST == 0:
            await wire.writer.drain()
    for number in requests[-BURST:]:  # one of these still runs
        wire.send("$/cancelRequest", {"id": number})
    await listening
    return answers


def kind(answer: dict[str, Any]) -> Any:
    """An answer's error code, or its result."""
    return answer["error"]["code"] if "error" in answer else answer["result"]


@pytest.mark.timeout(120)
async def test_every_request_of_a_storm_is_answered_and_nothing_kept(scripted: Command) -> None:
    """Cancelled ones as cancelled, superseded ones with null, though the model never answers; memory stays."""
    async with wired(*scripted(delay_s=3600), env=ENV) as wire:
        await wire.initialize()
        wire.open("\n")
        server = psutil.Process(wire.process.pid)
        await storm(wire, range(2, NUM_REQUESTS // 4))
        before_bytes = server.memory_info().rss

        answers = await storm(wire, range(NUM_REQUESTS, 2 * NUM_REQUESTS))

        counts = Counter(map(kind, answers.values()))
        must_be_cancelled = sum(1 for number in answers if number % 3)
        assert set(counts) <= {REQUEST_CANCELLED, None}
        assert counts[REQUEST_CANCELLED] >= must_be_cancelled
        assert all(kind(answer) == REQUEST_CANCELLED for number, answer in answers.items() if number % 3)
        assert server.memory_info().rss - before_bytes < 16 << 20
        wire.change({"text": "x"})
        assert (await wire.ask("shutdown", None))["result"] is None


async def test_a_cancel_is_answered_at_once_even_in_a_storm(scripted: Command) -> None:
    """A hundred of them, each after a burst of keys, while the answers would take hours."""
    async with wired(*scripted(delay_s=3600), env=ENV) as wire:
        await wire.initialize()
        wire.open("\n")
        for number in range(2, 102):
            for _ in range(10):
                wire.change(edit((0, 0), (0, 0), "x"))
            wire.send("textDocument/inlineCompletion", ghost_params(0, 1), id=number)
            await wire.writer.drain()
            await asyncio.sleep(0.005)
            wire.send("$/cancelRequest", {"id": number})
            assert (await wire.answer(number))["error"]["code"] == REQUEST_CANCELLED


async def test_an_editor_that_does_not_read_costs_no_memory(scripted: Command) -> None:
    """It is not read from either, until it reads again; then every request is answered. Of stderr it reads nothing."""
    async with wired(*scripted(), env=ENV) as wire:
        await wire.initialize()
        server = psutil.Process(wire.process.pid)
        before_bytes = server.memory_info().rss
        padding = "x" * 10_000

        asking = asyncio.create_task(_ask_without_reading(wire, padding))
        await asyncio.sleep(1)
        grown_bytes = server.memory_info().rss - before_bytes
        answers = [await wire.receive() for _ in range(5000)]
        await asking

        assert grown_bytes < 20 << 20
        assert [answer["id"] for answer in answers] == [f"{number}{padding}" for number in range(5000)]


async def _ask_without_reading(wire: Wire, padding: str) -> None:
    for number in range(5000):
        wire.send("no/such", None, id=f"{number}{padding}")
        await wire.writer.drain()
