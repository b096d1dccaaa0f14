"""One worker as the judge sees it: hands its children their jobs and learns how they ended."""

import contextlib
import os
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Generator
from dataclasses import dataclass

from assistant.sandbox import box
from assistant.sandbox.watch import Stop, Watch
from assistant.sandbox.wire import ENDED, LIMITS, STARTED

ANSWER_S = 30.0
"""How long a worker may take to start, to fork or to bury a child, on a machine with much else to do."""


class WorkerError(Exception):
    """The worker, not the program, failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A job on the wire: two lines, of which the second is held back until the program has been executed."""

    program: bytes
    todo: bytes
    cpu_s: int
    wall_s: float
    memory_bytes: int
    needs_all: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a program's process ended, and what it wrote."""

    stop: Stop
    exit_code: int
    """Below zero: the signal that ended it."""
    lines: bytes
    cpu_ms: float
    memory_bytes: int
    """The most that it held."""


class Worker:
    """A warm interpreter, in a box of `bubblewrap` if that is given. Takes one job at a time."""

    def __init__(self, bubblewrap: str | None) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(ANSWER_S)
        self._is_warm = False
        self.num_jobs = 0
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
        number = theirs.fileno()
        command = box.boxed_command(bubblewrap, number) if bubblewrap else box.bare_command(number)
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter on our own file
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pass_fds=[number],
                env=box.ENVIRONMENT,
                cwd="/",
            )

    def run(self, request: Request) -> Ended:
        """Run one job; its process has ended when this returns.

        Raises:
            WorkerError: Nothing can be said about the program.
        """
        self.num_jobs += 1
        with self._blaming(), Watch(request.program, request.todo) as watch:
            self._wait_until_warm()
            pidfd = self._start(request, watch.handed_over())
            stop = watch.until_end(pidfd, time.monotonic() + request.wall_s)
            status, memory_bytes, seconds, left_others = ENDED.unpack(self._control.recv(ENDED.size))
            if left_others:
                raise OSError("a program left processes behind")
            return Ended(
                stop=stop if watch.drain() else "output_limit",
                exit_code=os.waitstatus_to_exitcode(status),
                lines=bytes(watch.results),
                cpu_ms=seconds * 1e3,
                memory_bytes=memory_bytes,
            )

    def close(self) -> None:
        """End it; whatever runs in it ends as well."""
        self._control.close()
        try:
            self.process.wait(timeout=ANSWER_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._errors.close()

    def _wait_until_warm(self) -> None:
        if not self._is_warm and not self._control.recv(256):
            raise OSError("it ended while starting")
        self._is_warm = True

    def _start(self, request: Request, descriptors: list[int]) -> int:
        limits = LIMITS.pack(request.cpu_s, request.memory_bytes, request.needs_all)
        socket.send_fds(self._control, [limits], descriptors)
        message, received, _, _ = socket.recv_fds(self._control, STARTED.size, 1)
        if not message or not received:
            raise OSError("it ended")
        return received[0]

    @contextlib.contextmanager
    def _blaming(self) -> Generator[None]:
        try:
            yield
        except (OSError, struct.error) as error:
            self._errors.seek(0)
            said = self._errors.read()[-500:].decode("utf-8", "replace").strip()
            raise WorkerError(f"{error}: {said}" if said else str(error)) from error
