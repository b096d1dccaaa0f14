"""A bare message stream to a language server: what clients do that break the rules, die, or leave without a word."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

INITIALIZE = {"capabilities": {"textDocument": {"inlineCompletion": {}}}, "processId": None, "rootUri": None}
URI = "file:///a"


def framed(body: bytes) -> bytes:
    """A body with its header."""
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def message(method: str, params: Any, **fields: Any) -> bytes:
    """A notification, or a request if `id` is among the fields, with its header."""
    return framed(json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **fields}).encode())


class Wire:
    """One session: a reader and a writer, and the process behind them if there is one."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        process: asyncio.subprocess.Process | None = None,
    ) -> None:
        self.reader = reader
        self.writer = writer
        self._process = process
        self._num_requests = 0
        self._version = 0

    @property
    def process(self) -> asyncio.subprocess.Process:
        """The server's process."""
        assert self._process is not None
        return self._process

    def send(self, method: str, params: Any, **fields: Any) -> None:
        """Send a notification, or a request if `id` is among the fields."""
        self.writer.write(message(method, params, **fields))

    async def receive(self) -> dict[str, Any]:
        """Read the next message."""
        async with asyncio.timeout(60):
            headers = await self.reader.readuntil(b"\r\n\r\n")
            lengths = [line.split(b":")[1] for line in headers.splitlines() if line.startswith(b"Content-Length")]
            return json.loads(await self.reader.readexactly(int(lengths[0])))

    async def answer(self, request_id: int | str | None) -> dict[str, Any]:
        """Read on until an answer with this id."""
        while True:
            received = await self.receive()
            if "method" not in received and received["id"] == request_id:
                return received

    async def ask(self, method: str, params: Any) -> dict[str, Any]:
        """Send a request and read on until its answer."""
        self._num_requests += 1
        self.send(method, params, id=self._num_requests)
        return await self.answer(self._num_requests)

    async def initialize(self, **fields: Any) -> dict[str, Any]:
        """Shake hands."""
        answer = await self.ask("initialize", {**INITIALIZE, **fields})
        self.send("initialized", {})
        return answer

    def open(self, text: str, uri: str = URI) -> None:
        """Open a document."""
        self._version = 1
        self.send("textDocument/didOpen", {"textDocument": _item(uri, text)})

    def change(self, *changes: dict[str, Any], uri: str = URI) -> None:
        """Change a document; `edit` makes a change."""
        self._version += 1
        document = {"uri": uri, "version": self._version}
        self.send("textDocument/didChange", {"textDocument": document, "contentChanges": changes})

    async def ghost(self, line: int = 0, character: int = 999, uri: str = URI) -> Any:
        """Ask for ghost text by key, as nobody waits for a rest then; at the end of the first line if not told."""
        return (await self.ask("textDocument/inlineCompletion", ghost_params(line, character, uri)))["result"]

    async def exit_code(self, within_s: float = 5) -> int:
        """Wait for the end of the server."""
        async with asyncio.timeout(within_s):
            return await self.process.wait()


def ghost_params(line: int = 0, character: int = 999, uri: str = URI) -> dict[str, Any]:
    """Params of a request for ghost text by key."""
    return {
        "textDocument": {"uri": uri},
        "position": {"line": line, "character": character},
        "context": {"triggerKind": 1},
    }


def edit(start: tuple[int, int], end: tuple[int, int], text: str) -> dict[str, Any]:
    """A change of what stands from `start` to `end`, each a line and a character."""
    ends = [{"line": line, "character": character} for line, character in (start, end)]
    return {"range": {"start": ends[0], "end": ends[1]}, "text": text}


def _item(uri: str, text: str) -> dict[str, Any]:
    return {"uri": uri, "languageId": "python", "version": 1, "text": text}


@asynccontextmanager
async def wired(*command: str, env: dict[str, str] | None = None) -> AsyncIterator[Wire]:
    """Start a server that is told nothing yet; it is killed in the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env
    )
    assert process.stdin is not None
    assert process.stdout is not None
    yield Wire(process.stdout, process.stdin, process)
    if process.returncode is None:
        process.kill()
    await process.communicate()
