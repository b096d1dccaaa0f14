"""An editor that only measures: it writes and waits in one thread, so that its own work is hardly counted."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from assistant.errors import CairnError

URI = "file:///bench.py"
CAPABILITIES: dict[str, object] = {"textDocument": {"inlineCompletion": {}}}
ON_DEMAND, AUTOMATIC = 1, 2
Place = tuple[int, int]


class EndedError(CairnError):
    """A measured server ended."""


class MeasuringEditor:
    """One session with one server."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._num_requests = 0
        self._version = 1

    def initialize(self) -> None:
        """Shake hands; returns when the server has answered."""
        self._send("initialize", self._ask({"processId": None, "rootUri": None, "capabilities": CAPABILITIES}))
        self.answer()
        self._send("initialized", {"params": {}})

    def open(self, text: str) -> None:
        """Open the document."""
        item = {"uri": URI, "languageId": "python", "version": 1, "text": text}
        self._send("textDocument/didOpen", {"params": {"textDocument": item}})

    def insert(self, place: Place, text: str) -> None:
        """Type at a line and character."""
        self._version += 1
        change = {"range": {"start": _position(place), "end": _position(place)}, "text": text}
        document = {"uri": URI, "version": self._version}
        self._send("textDocument/didChange", {"params": {"textDocument": document, "contentChanges": [change]}})

    def request(self, place: Place, trigger: int = ON_DEMAND) -> None:
        """Ask for ghost text; `answer` waits for it."""
        params = {
            "textDocument": {"uri": URI},
            "position": _position(place),
            "context": {"triggerKind": trigger},
        }
        self._send("textDocument/inlineCompletion", self._ask(params))

    def cancel(self) -> None:
        """Cancel the last request."""
        self._send("$/cancelRequest", {"params": {"id": self._num_requests}})

    def answer(self) -> dict[str, Any]:
        """Wait for the answer to the last request; what else comes is passed over."""
        while True:
            message = self._receive()
            if "method" not in message and message["id"] == self._num_requests:
                return message

    def _ask(self, params: dict[str, Any]) -> dict[str, Any]:
        self._num_requests += 1
        return {"id": self._num_requests, "params": params}

    def _send(self, method: str, fields: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", "method": method, **fields}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        stream = self._process.stdout
        assert stream is not None
        length = 0
        while line := stream.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name == b"Content-Length" else length
        if not length:
            raise EndedError("a server ended while it was measured", hint="run it with `cairn --debug bench lsp`")
        return json.loads(stream.read(length))


@contextmanager
def session(*command: str) -> Generator[MeasuringEditor]:
    """Start a server and shake hands with it; it is killed in the end. What it notes is not the user's."""
    with (
        tempfile.TemporaryDirectory(prefix="cairn-bench-") as state,
        subprocess.Popen(  # noqa: S603 (our own programs)
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"XDG_STATE_HOME": state},
        ) as process,
    ):
        try:
            editor = MeasuringEditor(process)
            editor.initialize()
            yield editor
        finally:
            process.kill()


def python(*arguments: str) -> tuple[str, ...]:
    """A command that runs a module of ours, whatever lies in the working folder."""
    return (sys.executable, "-I", "-m", *arguments)


def milliseconds_since(start_s: float) -> float:
    """Wall clock since a reading of `time.perf_counter`."""
    return (time.perf_counter() - start_s) * 1000


def _position(place: Place) -> dict[str, int]:
    return {"line": place[0], "character": place[1]}
