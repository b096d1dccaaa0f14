"""One run of the engine: a process, its pipe, its heartbeat, and the requests that wait for its events."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from assistant.errors import EngineError
from assistant.models.opened import OpenModel
from assistant.protocol import Json
from assistant.runtime.native_log import log_lines

ENVIRONMENT = {
    "GGML_NO_BACKTRACE": "1",  # without it a failed assertion hangs in a debugger
    "OPENBLAS_NUM_THREADS": "1",  # numpy's threads would start before the lock-down, and Landlock not bind them
}
LINE_LIMIT_BYTES = 16 << 20
CLOSE_TIMEOUT_S = 3.0
POLL_S = 0.02
TICK_S = 1.0
OOM_SCORE = 500
"""When memory runs out the kernel ends the engine before the daemon, the editor or the desktop."""
RESTARTS = "it starts again with the next request; `cairn doctor` shows where its log is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long an engine may be quiet, and how its deaths are counted."""

    beat_ticks: int = 20
    """Seconds without a sign of life; a machine that slept, or a daemon that was stopped, does not count them."""
    step_s: float = 120.0
    """For one decode step, and for loading the model."""
    step_s_per_gb: float = 60.0
    """More for a big model: five times what 2,048 tokens cost with 4-bit weights at 700 GFLOP/s."""
    death_window_s: float = 60.0
    drain_s: float = 5.0
    """For requests that run when another model is chosen."""

    def step_ticks(self, num_bytes: int) -> int:
        """Seconds for one step of a model file of `num_bytes`."""
        return round(max(self.step_s, self.step_s_per_gb * num_bytes / 1e9))


class EngineDiedError(EngineError):
    """The engine ended with this request unanswered; `is_crash` where we did not end it on purpose."""

    def __init__(self, message: str, *, hint: str, is_crash: bool) -> None:
        super().__init__(message, hint=hint)
        self.is_crash = is_crash


@dataclass(slots=True)
class _Open:
    """A request that waits for events."""

    events: asyncio.Queue[Json]
    since_tick: int


class Child:
    """A started engine. It ends by itself, by `close`, or killed by the watch when it hangs.

    Attributes:
        ready: What it said of its model when it had loaded it.
        is_alive: False once its end has been seen.
    """

    def __init__(
        self, process: Process, *, patience: Patience, num_bytes: int, on_crash: Callable[[str], None]
    ) -> None:
        self.ready: Json = {}
        self.is_alive = True
        self._process = process
        self._patience = patience
        self._step_ticks = patience.step_ticks(num_bytes)
        self._on_crash = on_crash
        self._is_closing = False
        self._open: dict[int, _Open] = {}
        self._why = ""
        self._tick = self._beat_tick = self._step_tick = 0
        self._num_steps = -1
        self._logging = asyncio.create_task(log_lines(_reader(process.stderr)))
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    async def start(
        cls,
        arguments: Sequence[str],
        file: OpenModel,
        *,
        patience: Patience,
        on_crash: Callable[[str], None],
        niceness: int = 0,
    ) -> Self:
        """Start a process, which inherits the descriptor of `file`, and wait until its model is loaded.

        Raises:
            EngineError: It cannot load the model, died of it, or does not come to an end.
        """
        process = await _spawn(arguments, file.descriptor, niceness)
        child = cls(process, patience=patience, num_bytes=file.card.num_bytes, on_crash=on_crash)
        try:
            child.ready = await child._load()
        except BaseException:
            child._kill("was not wanted any more")
            await process.wait()
            raise
        child._reading = asyncio.create_task(child._read())
        return child

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @contextlib.contextmanager
    def request(self, job_id: int, op: str, body: str) -> Generator[asyncio.Queue[Json]]:
        """Send a request; its events arrive in the queue until it is left."""
        opened = self._open[job_id] = _Open(asyncio.Queue(), self._tick)
        self._send(f'{{"id": {job_id}, "op": "{op}", "request": {body}}}\n')
        try:
            yield opened.events
        finally:
            del self._open[job_id]

    def cancel(self, job_id: int, reason: str) -> None:
        """Let a request end early. It is still answered by its last event."""
        self._send(json.dumps({"id": job_id, "op": "cancel", "request": {"reason": reason}}) + "\n")

    def cancel_all(self) -> None:
        """Let every request end early."""
        for job_id in self._open:
            self.cancel(job_id, "cancelled")

    async def becomes_idle(self, timeout_s: float) -> None:
        """Wait until no request is open, or no longer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._open:
                    await asyncio.sleep(POLL_S)

    async def close(self) -> None:
        """End the process: by closing its input, then by force."""
        assert self._reading is not None
        self._is_closing = True
        self._why = self._why or "was ended"
        _writer(self._process).close()
        await asyncio.wait([self._reading], timeout=CLOSE_TIMEOUT_S)
        self._kill("did not end")
        await asyncio.wait([self._reading, self._logging])

    async def _load(self) -> Json:
        try:
            async with asyncio.timeout(self._step_ticks):
                line = await _reader(self._process.stdout).readline()
                code = None if line else await self._process.wait()
        except TimeoutError:
            raise EngineError(f"the engine did not load its model within {self._step_ticks} s", hint=RESTARTS) from None
        if code is not None:
            raise EngineError(f"the engine {_end(code)} while it loaded its model", hint=RESTARTS)
        first: Json = json.loads(line)
        if "error" in first:
            raise EngineError(first["error"], hint=first["hint"])
        return first["ready"]

    async def _read(self) -> None:
        """Hand events to those who wait, until the process ends; then tell them that it did."""
        watching = asyncio.create_task(self._watch())
        try:
            async for line in _reader(self._process.stdout):
                self._beat_tick = self._tick
                event: Json = json.loads(line)
                if "beat" in event:
                    self._note_steps(event["steps"])
                elif event["id"] in self._open:
                    self._open[event["id"]].events.put_nowait(event)
        finally:
            code = await self._process.wait()
            watching.cancel()
            self.is_alive = False
            why = f"the engine {self._why or _end(code)}"
            if not self._is_closing:
                self._on_crash(why)
            error = {"error": why, "hint": RESTARTS, "has_died": True, "is_crash": not self._is_closing}
            for opened in self._open.values():
                opened.events.put_nowait(error)

    def _note_steps(self, num_steps: int) -> None:
        if num_steps != self._num_steps:
            self._num_steps = num_steps
            self._step_tick = self._tick

    async def _watch(self) -> None:
        """Count the seconds by our own ticks, and kill what is quiet for too many of them."""
        while True:
            await asyncio.sleep(TICK_S)
            self._tick += 1
            oldest = next(iter(self._open.values())).since_tick if self._open else self._tick
            if self._tick - self._beat_tick > self._patience.beat_ticks:
                self._kill(f"gave no sign of life for {self._patience.beat_ticks} s and was ended")
            elif self._tick - max(oldest, self._step_tick) > self._step_ticks:
                self._kill(f"computed nothing for {self._step_ticks} s and was ended")

    def _kill(self, why: str) -> None:
        self._why = self._why or why
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _send(self, line: str) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):  # a dying engine is reported by its reader
            _writer(self._process).write(line.encode())


async def _spawn(arguments: Sequence[str], descriptor: int, niceness: int) -> Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-u", "-m", "assistant.runtime", *arguments),  # -u: its last words are not lost with it
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        pass_fds=(descriptor,),
        process_group=0,  # Ctrl-C in the daemon's terminal is the daemon's
        env={**os.environ, **ENVIRONMENT},
        limit=LINE_LIMIT_BYTES,
    )
    with contextlib.suppress(OSError):  # it has ended already, or this system has no such file
        Path(f"/proc/{process.pid}/oom_score_adj").write_text(str(OOM_SCORE))
        os.setpriority(os.PRIO_PROCESS, process.pid, os.getpriority(os.PRIO_PROCESS, 0) + niceness)
    return process


def _end(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"stopped (exit {code})"


def _reader(stream: asyncio.StreamReader | None) -> asyncio.StreamReader:
    assert stream is not None
    return stream


def _writer(process: Process) -> asyncio.StreamWriter:
    assert process.stdin is not None
    return process.stdin
