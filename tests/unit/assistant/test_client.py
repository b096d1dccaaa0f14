"""The client over a daemon that says what it was told to say."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from assistant import paths
from assistant.client import change_model, connect
from assistant.errors import DaemonError, EngineError
from assistant.protocol import PROTOCOL_VERSION


@asynccontextmanager
async def daemon(
    *, protocol: int = PROTOCOL_VERSION, status: int = 200, body: dict | None = None
) -> AsyncIterator[list]:
    """Answer /health as a daemon does and everything else with `body`; gives the list of requests."""
    requests: list[tuple[str, str]] = []
    health = {"status": "ok", "version": "9.9", "protocol": protocol, "pid": 0}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0)
        sent = (await reader.readexactly(length)).decode()
        is_health = head.startswith("get /health")
        text = json.dumps(health if is_health else body or {})
        if not is_health:
            requests.append((head.splitlines()[0], sent))
        code = 200 if is_health else status
        fields = f"content-type: application/json\r\ncontent-length: {len(text)}\r\nconnection: close"
        writer.write(f"HTTP/1.1 {code} x\r\n{fields}\r\n\r\n{text}".encode())
        writer.close()

    server = await asyncio.start_unix_server(answer, paths.socket_path())
    async with server:
        yield requests


async def test_changing_the_model_is_one_request(home) -> None:
    """By its name; the answer comes when it is loaded."""
    async with daemon() as requests:
        assert await change_model("big")
        assert await change_model("wise", "chat")

    assert requests == [
        ("post /models/load http/1.1", '{"model":"big","role":"completion"}'),
        ("post /models/load http/1.1", '{"model":"wise","role":"chat"}'),
    ]


async def test_without_a_daemon_there_is_no_model_to_change(home) -> None:
    """And none is started for it."""
    assert not await change_model("big")


async def test_a_model_that_cannot_be_loaded_is_explained(home) -> None:
    """With the daemon's two lines."""
    error = {"error": {"message": "no such model", "hint": "look"}}

    async with daemon(status=503, body=error):
        with pytest.raises(EngineError, match="no such model") as caught:
            await change_model("big")

    assert caught.value.hint == "look"


@pytest.mark.parametrize(("protocol", "hint"), [(PROTOCOL_VERSION + 1, "update this one"), (1, "cairn stop")])
async def test_a_daemon_of_another_protocol_is_refused_by_whoever_only_looks(home, protocol, hint) -> None:
    """The error says which of the two is older."""
    async with daemon(protocol=protocol), connect(start=False) as client:
        with pytest.raises(DaemonError, match=r"version 9\.9 and speaks another protocol") as caught:
            await client.status()

    assert hint in caught.value.hint
