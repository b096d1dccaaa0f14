"""A language server on stdio whose assistant is scripted; a program for tests.

Usage: lsp_scripted_server.py RECORD TEXT DELAY_S [ERROR HINT]. Requests and cancellations go to RECORD, as JSON lines.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncGenerator
from dataclasses import asdict
from pathlib import Path

from assistant.errors import EngineError
from assistant.protocol import ChatDelta, ChatRequest, Completion, FimRequest
from lsp.server import build_server
from lsp.transports.stdio import serve_stdio
from tests.fakes import ScriptedAssistant


class RecordedAssistant(ScriptedAssistant):
    """Writes down every request at once, for the test that watches from another process."""

    def __init__(self, record: Path, text: str, delay_s: float, error: EngineError | None) -> None:
        super().__init__(text, delay_s=delay_s, error=error)
        self._record = record

    async def complete(self, request: FimRequest) -> Completion:
        """Answer as scripted."""
        self._write("asked", request)
        try:
            return await super().complete(request)
        except asyncio.CancelledError:
            self._write("cancelled", request)
            raise

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatDelta, None]:
        """Stream as scripted."""
        self._write("asked", request)
        try:
            async with contextlib.aclosing(super().chat(request)) as deltas:
                async for delta in deltas:
                    yield delta
        except asyncio.CancelledError:
            self._write("cancelled", request)
            raise

    def _write(self, event: str, request: FimRequest | ChatRequest) -> None:
        with self._record.open("a") as file:
            file.write(json.dumps({"event": event, **asdict(request)}) + "\n")


if __name__ == "__main__":
    record, text, delay_s, *failure = sys.argv[1:]
    error = EngineError(failure[0], hint=failure[1]) if failure else None
    server = build_server(RecordedAssistant(Path(record), text, float(delay_s), error))
    sys.exit(serve_stdio(server))
