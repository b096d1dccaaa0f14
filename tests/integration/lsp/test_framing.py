"""Headers: what is read, and what ends the real server with two lines, for nothing after it can be trusted."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.wire import INITIALIZE, Wire, message

REQUEST = message("initialize", INITIALIZE, id=1)
BODY = REQUEST.partition(b"\r\n\r\n")[2]


def speak(stream: bytes) -> "subprocess.CompletedProcess[bytes]":
    """Say something to the real server and hear it to its end."""
    return subprocess.run(
        [sys.executable, "-I", "-m", "assistant", "lsp"], input=stream, capture_output=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (b"Content-Type: text/plain\r\n\r\n" + BODY, "no Content-Length"),
        (b"\r\n" + REQUEST, "no Content-Length"),
        (b"Content-Length: many\r\n\r\n" + BODY, "not a number"),
        (b"Content-Length: -5\r\n\r\n" + BODY, "not a number"),
        (b"Content-Length: 1e3\r\n\r\n" + BODY, "not a number"),
        (b"Content-Length:\r\n\r\n" + BODY, "not a number"),
        (b"Content-Length: 10000000000\r\n\r\n" + BODY, "10000000000 bytes"),
        (REQUEST.replace(b"\r\n", b"\n"), "malformed"),
        (BODY + b"\n", "malformed"),
        (b"x" * 200_000, "too long"),
        (b"POST / HTTP/1.1\r\n" + REQUEST, "malformed"),
    ],
    ids=["none", "empty", "word", "negative", "float", "blank", "10 GB", "line feeds", "body", "endless", "HTTP"],
)
def test_what_is_not_the_protocol_ends_the_server_with_two_lines(home: Path, stream: bytes, reason: str) -> None:
    """Exit code 1, what happened and what to do; nothing is answered and no traceback shown."""
    done = speak(stream)

    happened, hint, *more = done.stderr.decode().splitlines()
    assert done.returncode == 1
    assert done.stdout == b""
    assert happened.startswith("error: ")
    assert reason in happened
    assert hint.startswith("hint: ")
    assert more == []


@pytest.mark.parametrize(
    "header",
    [
        b"content-length: %d\r\n\r\n",
        b"CONTENT-LENGTH:%d\r\n\r\n",
        b"Content-Length: \t %d \r\n\r\n",
        b"Content-Type: application/vscode-jsonrpc; charset=utf8\r\nContent-Length: %d\r\nX-Other: :\r\n\r\n",
    ],
    ids=["lower case", "no blank", "blanks", "other headers"],
)
async def test_headers_are_read_as_in_http(wire: Wire, header: bytes) -> None:
    """Case and blanks do not matter, and there may be others."""
    wire.writer.write(header % len(BODY) + BODY)

    assert "result" in await wire.answer(1)


async def test_messages_may_come_byte_by_byte_or_many_at_once(wire: Wire) -> None:
    """Pipes break a stream wherever they like."""
    for byte in REQUEST:
        wire.writer.write(bytes([byte]))
        await wire.writer.drain()
    await wire.answer(1)
    wire.writer.write(b"".join(message("no/such", None, id=number) for number in range(2, 102)))

    answers = [await wire.receive() for _ in range(100)]

    assert [answer["id"] for answer in answers] == list(range(2, 102))


async def test_a_message_that_never_comes_whole_costs_nothing_beforehand(wire: Wire) -> None:
    """Memory is taken for what was sent, not for what was promised."""
    await wire.initialize()
    wire.open("x = \n")
    await wire.ghost()  # all that is loaded late is there now
    server = psutil.Process(wire.process.pid)
    before_bytes = server.memory_info().rss

    wire.writer.write(b"Content-Length: 400000000\r\n\r\n" + b" " * 100)
    await wire.writer.drain()
    time.sleep(0.2)

    assert server.memory_info().rss - before_bytes < 10 << 20


async def test_a_long_message_is_read(wire: Wire) -> None:
    """A document of 24 MB comes whole, is not completed in, and the next one is."""
    await wire.initialize()
    wire.open("x = 1\n" * 4_000_000)
    too_long = await wire.ghost()
    wire.change({"text": "x = "})

    assert too_long is None
    assert await wire.ghost(0, 4) is not None
