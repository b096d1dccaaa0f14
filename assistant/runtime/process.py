"""The daemon's end of the engine process: start it, speak to it, survive it. Never imports llama.cpp."""

import asyncio
import contextlib
import itertools
import json
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from assistant.errors import EngineError, InputError
from assistant.protocol import Json, encode

LINE_LIMIT_BYTES = 16 << 20
RESTARTS = "it starts again with the next request; `cairn doctor` shows where its log is"


class EngineProcess:
    """One model in one expendable child. A crash costs the requests it was working on, nothing else."""

    def __init__(self, model: Path, *, context_tokens: int, threads: int) -> None:
        self.model = model
        self.ready: Json = {}
        """What the engine said of its model when it had loaded it."""
        self._arguments = [str(model), str(context_tokens), str(threads or default_threads())]
        self._process: Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._ids = itertools.count(1)
        self._events: dict[int, asyncio.Queue[Json]] = {}

    @property
    def pid(self) -> int | None:
        """Of the child; None while there is none."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Start the child unless it runs, and wait until its model is loaded.

        Raises:
            EngineError: The model cannot be loaded.
        """
        async with self._starting:
            if self.pid is not None:
                return
            process = await self._spawn()
            first = await self._read_first(process)
            if "error" in first:
                await process.wait()
                raise EngineError(first["error"], hint=first["hint"])
            self.ready = first["ready"]
            self._process = process
            self._reader = asyncio.create_task(self._read_events(process))

    async def stream(self, op: str, request: Any = None) -> AsyncIterator[Json]:
        """Send a request and yield its events. Closing the iterator early cancels the request in the engine.

        Raises:
            InputError: The engine cannot do what was asked: too long, or not for this model.
            EngineError: The engine failed, or died of it.
        """
        await self.start()
        job_id = next(self._ids)
        events = self._events[job_id] = asyncio.Queue()
        is_done = False
        self._send(job_id, op, encode(request) if request is not None else None)
        try:
            while not is_done:
                event = await events.get()
                is_done = "text" not in event or "finish_reason" in event
                if "error" in event:
                    kind = InputError if event.get("is_input") else EngineError
                    raise kind(event["error"], hint=event["hint"])
                yield event
        finally:
            del self._events[job_id]
            if not is_done:
                self._send(job_id, "cancel", None)

    async def slots(self) -> Json:
        """The engine's sequences, and how many requests wait for one."""
        return await self.ask("slots")

    async def ask(self, op: str, request: Any = None) -> Json:
        """Send a request that one event answers. Raises as `stream`."""
        async for event in self.stream(op, request):
            return event
        raise AssertionError("the engine answers every message")

    async def close(self) -> None:
        """End the child: by closing its input, then by force."""
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), timeout=3)
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._reader is not None:
            await self._reader

    async def _spawn(self) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-m", "assistant.runtime", *self._arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "GGML_NO_BACKTRACE": "1"},  # without it a failed assertion hangs in a debugger
            limit=LINE_LIMIT_BYTES,
        )  # fmt: skip

    async def _read_first(self, process: Process) -> Json:
        assert process.stdout is not None
        line = await process.stdout.readline()
        if not line:
            code = await process.wait()
            return {"error": f"the engine stopped while loading {self.model} (exit {code})", "hint": RESTARTS}
        return json.loads(line)

    async def _read_events(self, process: Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            event: Json = json.loads(line)
            if event["id"] in self._events:
                self._events[event["id"]].put_nowait(event)
        code = await process.wait()
        for events in self._events.values():
            events.put_nowait({"error": f"the engine stopped (exit {code})", "hint": RESTARTS})

    def _send(self, job_id: int, op: str, request: Json | None) -> None:
        if self._process is None or self._process.stdin is None:
            return
        with contextlib.suppress(ConnectionError, RuntimeError):  # a dying engine is reported by its reader
            line = json.dumps({"id": job_id, "op": op, "request": request})
            self._process.stdin.write(line.encode() + b"\n")


def default_threads() -> int:
    """One less than this process may use, so that the editor stays quick."""
    return max(1, len(os.sched_getaffinity(0)) - 1)
