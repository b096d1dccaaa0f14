"""The language server against clients that break the rules, die, or leave without a word: raw messages on stdio."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "tests" / "integration" / "lsp_scripted_server.py"
SOURCE_TEXT = "a_name_in_the_source"

INITIALIZE = {"capabilities": {"textDocument": {"inlineCompletion": {}}}, "processId": None, "rootUri": None}


class Wire:
    """A server process and its bare message stream."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self.stdin = process.stdin
        self._stdout = process.stdout
        self._num_requests = 0

    def send(self, method: str, params: Any, **fields: Any) -> None:
        """Send a notification, or a request if `id` is among the fields."""
        body = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **fields}).encode()
        self.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    async def receive(self) -> dict[str, Any]:
        """Read the next message."""
        async with asyncio.timeout(10):
            headers = await self._stdout.readuntil(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1]) for line in headers.splitlines() if line.startswith(b"Content-Length")
            )
            return json.loads(await self._stdout.readexactly(length))

    async def ask(self, method: str, params: Any) -> dict[str, Any]:
        """Send a request and read on until its answer."""
        self._num_requests += 1
        self.send(method, params, id=self._num_requests)
        while True:
            message = await self.receive()
            if message.get("id") == self._num_requests:
                return message

    def open(self, text: str) -> None:
        """Open the document that `ghost` asks in."""
        item = {"uri": "file:///a", "languageId": "c", "version": 1, "text": text}
        self.send("textDocument/didOpen", {"textDocument": item})

    async def ghost(self) -> Any:
        """Ask for ghost text at the end of the first line."""
        params = {
            "textDocument": {"uri": "file:///a"},
            "position": {"line": 0, "character": 999},
            "context": {"triggerKind": 2},
        }
        return (await self.ask("textDocument/inlineCompletion", params))["result"]

    async def exit_code(self) -> int:
        """Wait for the end of the server."""
        async with asyncio.timeout(3):
            return await self.process.wait()


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    """A server that has been started and told nothing."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(SERVER), str(tmp_path / "record.jsonl"), "done", "0"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    yield Wire(process)
    if process.returncode is None:
        process.kill()
    await process.communicate()


async def test_exit_after_shutdown_is_success(wire: Wire) -> None:
    """The orderly end has exit code 0."""
    await wire.ask("initialize", INITIALIZE)
    answer = await wire.ask("shutdown", None)
    wire.send("exit", None)

    assert answer["result"] is None
    assert await wire.exit_code() == 0


async def test_exit_without_shutdown_is_failure(wire: Wire) -> None:
    """The protocol asks for exit code 1."""
    await wire.ask("initialize", INITIALIZE)
    wire.send("exit", None)

    assert await wire.exit_code() == 1


async def test_the_end_of_stdin_ends_the_server(wire: Wire) -> None:
    """An editor that died closes its pipe."""
    await wire.ask("initialize", INITIALIZE)
    wire.stdin.close()

    assert await wire.exit_code() == 1


async def test_the_end_of_the_editor_ends_the_server_even_if_stdin_stays_open(wire: Wire) -> None:
    """The process named at `initialize` is watched; its death is enough."""
    editor = await asyncio.create_subprocess_exec("sleep", "60")
    await wire.ask("initialize", {**INITIALIZE, "processId": editor.pid})

    editor.kill()
    exit_code = await wire.exit_code()
    await editor.wait()

    assert exit_code == 1


async def test_an_editor_whose_process_cannot_be_seen_is_served(wire: Wire) -> None:
    """The number may come from outside of a container."""
    answer = await wire.ask("initialize", {**INITIALIZE, "processId": 2**22 + 1})

    assert "result" in answer
    wire.open("x")
    assert await wire.ghost() is not None


async def test_there_is_one_initialize_and_nothing_after_shutdown(wire: Wire) -> None:
    """A second `initialize` and whatever comes after `shutdown` are refused as InvalidRequest."""
    await wire.ask("initialize", INITIALIZE)
    second = await wire.ask("initialize", INITIALIZE)
    await wire.ask("shutdown", None)
    late = await wire.ask("shutdown", None)

    assert second["error"]["code"] == -32600
    assert late["error"]["code"] == -32600


async def test_a_request_before_initialize_is_refused(wire: Wire) -> None:
    """The code is ServerNotInitialized."""
    answer = await wire.ask("shutdown", None)

    assert answer["error"]["code"] == -32002


async def test_malformed_params_are_answered_and_survived(wire: Wire) -> None:
    """The code is InvalidParams, and the next request is served."""
    wrong = [None, [], {}, {"textDocument": 1}, {"textDocument": {"uri": "file:///a"}, "position": {"line": -1}}]
    await wire.ask("initialize", INITIALIZE)
    wire.open("x")

    answers = [await wire.ask("textDocument/inlineCompletion", params) for params in wrong]

    assert [answer["error"]["code"] for answer in answers] == [-32602] * len(wrong)
    assert await wire.ghost() is not None


async def test_what_is_no_message_is_survived(wire: Wire) -> None:
    """Broken JSON, wrong encodings and other values do not end the server."""
    await wire.ask("initialize", INITIALIZE)
    for body in (b"{", b"\xff\xfe", b"null", b"[]", b"3", b'{"jsonrpc": "1.0"}', b'{"jsonrpc": "2.0"}'):
        wire.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    wire.open("x")

    assert await wire.ghost() is not None


async def test_an_edit_that_cannot_be_read_stops_completion_in_doubt(wire: Wire) -> None:
    """Nobody knows what was lost, so nothing is completed until the document is opened again."""
    await wire.ask("initialize", INITIALIZE)
    wire.open("x")
    wire.send("textDocument/didChange", {"textDocument": {"uri": "file:///a", "version": 2}, "contentChanges": 5})

    in_doubt = await wire.ghost()
    wire.open("x")

    assert in_doubt is None
    assert await wire.ghost() is not None


async def test_no_source_text_is_logged(wire: Wire) -> None:
    """Whatever goes wrong, stderr, which editors keep in files, never shows a document."""
    await wire.ask("initialize", INITIALIZE)
    wire.open(SOURCE_TEXT)
    wire.send(
        "textDocument/didChange", {"textDocument": {"uri": "file:///a"}, "contentChanges": [{"text": SOURCE_TEXT}]}
    )
    wire.send("textDocument/didOpen", {"textDocument": {"text": SOURCE_TEXT, "version": SOURCE_TEXT}})
    wire.send("no/suchNotification", {"text": SOURCE_TEXT})
    await wire.ghost()
    await wire.ask("no/suchRequest", {"text": SOURCE_TEXT})
    await wire.ask("shutdown", None)
    wire.send("exit", None)
    _, stderr = await wire.process.communicate()

    assert SOURCE_TEXT not in stderr.decode()
