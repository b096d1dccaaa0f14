"""The message loop without a stream: what is sent for what is received."""

import asyncio
import json
from typing import Any, cast

from lsp.rpc import Protocol
from lsp.server import build_server
from tests.fakes import ScriptedAssistant

REQUEST_CANCELLED, INTERNAL_ERROR = -32800, -32603


class Loop:
    """A server's message loop, and what it sent."""

    def __init__(self) -> None:
        self.server = build_server(ScriptedAssistant())
        self.server.protocol.set_writer(self, include_headers=False)
        self.sent: list[dict[str, Any]] = []
        self.receive("initialize", {"capabilities": {}}, id="first")
        self.sent.clear()

    def write(self, data: bytes) -> None:
        """Keep what is sent."""
        self.sent.append(json.loads(data))

    def close(self) -> None:
        """Nothing to close."""

    async def answered(self, count: int) -> None:
        """Wait for so many answers."""
        async with asyncio.timeout(60):
            while len(self.sent) < count:
                await asyncio.sleep(0.001)

    def receive(self, method: str, params: Any, **fields: Any) -> None:
        """Take a message."""
        body = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **fields})
        cast(Protocol, self.server.protocol).receive(body.encode())


async def test_a_cancelled_command_ends() -> None:
    """Not only its answer: what it does ends, too."""
    loop, has_ended = Loop(), asyncio.Event()

    @loop.server.command("test.long")
    async def work(*_: object) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            has_ended.set()

    loop.receive("workspace/executeCommand", {"command": "test.long"}, id=1)
    await asyncio.sleep(0)

    loop.receive("$/cancelRequest", {"id": 1})
    async with asyncio.timeout(60):
        await has_ended.wait()
    await loop.answered(1)

    assert [answer["error"]["code"] for answer in loop.sent] == [REQUEST_CANCELLED]


async def test_a_fault_of_ours_is_an_answer_without_a_traceback() -> None:
    """What the editor hears is a code and a line; the next request is served."""
    loop = Loop()

    @loop.server.command("test.broken")
    async def broken(*_: object) -> None:
        raise KeyError("oops")

    for number in (1, 2):
        loop.receive("workspace/executeCommand", {"command": "test.broken"}, id=number)
    await loop.answered(2)

    assert [(answer["id"], answer["error"]["code"]) for answer in loop.sent] == [
        (1, INTERNAL_ERROR),
        (2, INTERNAL_ERROR),
    ]
    assert all("data" not in answer["error"] for answer in loop.sent)


async def test_an_id_that_is_null_is_sent() -> None:
    """JSON-RPC asks for it where a message had no id that could be read."""
    loop = Loop()

    cast(Protocol, loop.server.protocol).receive(b"{")

    assert loop.sent == [{"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "a message is not JSON"}}]


async def test_an_editor_that_left_before_its_answers_ends_what_runs() -> None:
    """Every request ends as cancelled."""
    loop = Loop()

    @loop.server.command("test.long")
    async def work(*_: object) -> None:
        await asyncio.sleep(60)

    loop.receive("workspace/executeCommand", {"command": "test.long"}, id=1)
    await asyncio.sleep(0)
    await loop.server.aclose()
    await loop.answered(1)

    assert [answer["error"]["code"] for answer in loop.sent] == [REQUEST_CANCELLED]
