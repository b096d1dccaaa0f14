"""One process for several editors: a server object for each, on TCP and by websocket, and who is let in."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from lsp.transports.peers import is_own_user
from tests.wire import INITIALIZE, URI, Wire, message

MODULE = "import asyncio, sys; from lsp.bench.scripted import *; from lsp.transports import {name} as way; {serve}"
SERVE = "asyncio.run(way.{serve}(lambda: build_server(ScriptedAssistant(0)), 0, lambda port: print(port, flush=True)))"


@asynccontextmanager
async def serving(name: str, serve: str) -> AsyncIterator[int]:
    """A process that serves with a scripted assistant; its port."""
    program = MODULE.format(name=name, serve=SERVE.format(serve=serve))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", program, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    yield int(await process.stdout.readline())
    process.kill()
    await process.wait()


@pytest.fixture
async def tcp_port() -> AsyncIterator[int]:
    """A server on TCP."""
    async with serving("ports", "serve_tcp") as port:
        yield port


@pytest.fixture
async def websocket_port() -> AsyncIterator[int]:
    """A server on websockets."""
    async with serving("websocket", "serve_websocket") as port:
        yield port


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Wire]:
    """A connection by TCP."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    yield Wire(reader, writer)
    writer.close()
    await writer.wait_closed()


async def test_editors_on_one_port_have_texts_of_their_own(tcp_port: int) -> None:
    """The same document may be open in both, and one that leaves takes nothing away from the other."""
    async with connected(tcp_port) as one, connected(tcp_port) as other:
        await one.initialize()
        await other.initialize()
        one.open("x = ")
        in_other = await other.ghost()
        in_one = await one.ghost(0, 4)
        await one.ask("shutdown", None)
        one.send("exit", None)
        assert await one.reader.read() == b""
        other.open("y = ")

        assert in_other is None
        assert in_one is not None
        assert await other.ghost(0, 4) is not None


async def test_what_is_not_the_protocol_ends_only_its_own_connection(tcp_port: int) -> None:
    """A page in a browser can send HTTP with a body that looks like messages: it ends at its first line."""
    async with connected(tcp_port) as page, connected(tcp_port) as editor:
        body = message("initialize", INITIALIZE, id=1)
        page.writer.write(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + body)

        assert await page.reader.read() == b""
        assert "result" in await editor.initialize()


async def test_an_editor_that_vanishes_does_not_harm_the_others(tcp_port: int) -> None:
    """Without shutdown, in the midst of a message."""
    async with connected(tcp_port) as editor:
        for _ in range(20):
            async with connected(tcp_port) as vanishing:
                vanishing.writer.write(message("initialize", INITIALIZE, id=1)[:-9])

        assert "result" in await editor.initialize()


async def ask(connection: ClientConnection, method: str, params: object, request_id: int) -> object:
    """Send a request in a frame and wait for its answer."""
    await connection.send(json.dumps({"jsonrpc": "2.0", "method": method, "params": params, "id": request_id}))
    while True:
        answer = json.loads(await connection.recv())
        if answer.get("id") == request_id:
            return answer["result"]


async def test_websockets_carry_a_message_a_frame(websocket_port: int) -> None:
    """Two editors at once, each with its own server object."""
    address = f"ws://127.0.0.1:{websocket_port}"
    async with connect(address) as one, connect(address) as other:
        assert await ask(one, "initialize", INITIALIZE, 1)
        assert await ask(other, "initialize", INITIALIZE, 1)
        item = {"uri": URI, "languageId": "python", "version": 1, "text": "x = "}
        opened = {"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}}
        await one.send(json.dumps(opened))
        params = {
            "textDocument": {"uri": URI},
            "position": {"line": 0, "character": 4},
            "context": {"triggerKind": 1},
        }

        assert await ask(one, "textDocument/inlineCompletion", params, 2)
        assert await ask(other, "textDocument/inlineCompletion", params, 2) is None
        assert await ask(one, "shutdown", None, 3) is None


async def test_a_page_in_a_browser_gets_no_websocket(websocket_port: int) -> None:
    """Browsers name the page's origin; editors name none."""
    with pytest.raises(InvalidStatus) as refusal:
        async with connect(f"ws://127.0.0.1:{websocket_port}", origin="http://localhost:3000"):
            pass

    assert refusal.value.response.status_code == 403


async def test_connections_of_this_user_are_known_as_such(tmp_path: Path) -> None:
    """The kernel's table says whose each is; one of another user, or of nobody, is not ours."""
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    own = server.sockets[0].getsockname()
    _, writer = await asyncio.open_connection(*own)
    peer = writer.get_extra_info("sockname")
    of_another = tmp_path / "tcp"
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()]
    of_another.write_text("\n".join(" ".join([*row[:7], "4242", *row[8:]]) for row in rows))

    assert is_own_user(peer, own)
    assert not is_own_user((peer[0], 1), own)
    assert not is_own_user(peer, own, of_another)
    writer.close()
    server.close()


async def test_a_port_that_is_taken_is_said_in_two_lines(tcp_port: int, home: Path) -> None:
    """By the real command."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", "assistant", "lsp", "--tcp", str(tcp_port)), stderr=asyncio.subprocess.PIPE
    )
    _, stderr = await process.communicate()

    assert process.returncode == 1
    assert [line.partition(":")[0] for line in stderr.decode().splitlines()] == ["error", "hint"]


@pytest.mark.parametrize(("option", "scheme"), [("--tcp", "tcp"), ("--ws", "ws")])
async def test_the_command_says_where_it_listens(home: Path, option: str, scheme: str) -> None:
    """With 0 it takes a free port, and an editor may need to be told."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", "assistant", "lsp", option, "0"), stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    line = (await process.stderr.readline()).decode()
    process.kill()
    await process.wait()

    assert re.fullmatch(rf"listening on {scheme}://127\.0\.0\.1:\d+\n", line)
