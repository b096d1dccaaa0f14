"""Watching one program's process: hands it its job, takes what it writes, up to a cap, until it ends or time is up."""

import contextlib
import os
import select
import signal
import time
from io import FileIO
from typing import Literal

MAX_RESULT_BYTES = 1 << 20
MAX_PRINTED_BYTES = 64 << 10
PIECE_BYTES = 64 << 10

Stop = Literal["exit", "timeout", "output_limit"]


class Watch:
    """The judge's ends of the pipes of one process. Closes them as a context manager."""

    def __init__(self, program: bytes, todo: bytes) -> None:
        self.results = bytearray()
        self._num_printed = 0
        self._to_send = bytearray(program)
        self._held_back = todo
        self._stack = contextlib.ExitStack()
        theirs_job, self._job = self._pipe()
        self._results, theirs_results = self._pipe()
        self._printed, theirs_printed = self._pipe()
        self._theirs = [theirs_job, theirs_results, theirs_printed]
        for ours in (self._job, self._results, self._printed):
            os.set_blocking(ours.fileno(), False)
        self._process: FileIO | None = None

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def handed_over(self) -> list[int]:
        """The descriptors for the process: its job, its results, what it prints."""
        return [each.fileno() for each in self._theirs]

    def until_end(self, pidfd: int, deadline: float) -> Stop:
        """Serve the process until it ends, writes too much, or `deadline` on the monotonic clock; then kill it."""
        for each in self._theirs:
            each.close()
        self._process = self._stack.enter_context(FileIO(pidfd))
        try:
            return self._serve(deadline)
        finally:
            with contextlib.suppress(ProcessLookupError):  # it has ended and was buried
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)

    def drain(self) -> bool:
        """Take what a process that has ended still had written; whether all of it was within the caps."""
        while not self._is_too_much() and (self._take_results() or self._take_printed()):
            pass
        return not self._is_too_much()

    def _serve(self, deadline: float) -> Stop:
        assert self._process
        poll = select.poll()
        for each in (self._process, self._results, self._printed):
            poll.register(each, select.POLLIN)
        poll.register(self._job, select.POLLOUT)
        while not self._is_too_much():
            left_s = deadline - time.monotonic()
            ready = {number for number, _ in poll.poll(left_s * 1e3)} if left_s > 0 else set[int]()
            if not ready:
                return "timeout"
            if self._process.fileno() in ready:
                return "exit"
            for stream, take in ((self._results, self._take_results), (self._printed, self._take_printed)):
                if stream.fileno() in ready and not take():
                    poll.unregister(stream)
            if self._job.fileno() in ready and not self._send():
                poll.unregister(self._job)
            if self._held_back and self.results.count(b"\n") > 1:
                self._to_send += self._held_back
                self._held_back = b""
                poll.register(self._job, select.POLLOUT)
        return "output_limit"

    def _send(self) -> bool:
        """Hand over a piece of the job; whether there may be more to hand over now."""
        try:
            num_sent = self._job.write(self._to_send)
        except BrokenPipeError:
            return False
        del self._to_send[: num_sent or 0]
        return bool(self._to_send)

    def _take_results(self) -> bool:
        piece = self._results.read(PIECE_BYTES)
        self.results += piece or b""
        return piece != b""

    def _take_printed(self) -> bool:
        piece = self._printed.read(PIECE_BYTES)
        self._num_printed += len(piece or b"")
        return piece != b""

    def _is_too_much(self) -> bool:
        return len(self.results) > MAX_RESULT_BYTES or self._num_printed > MAX_PRINTED_BYTES

    def _pipe(self) -> tuple[FileIO, FileIO]:
        out, into = os.pipe()
        return self._stack.enter_context(FileIO(out, "r")), self._stack.enter_context(FileIO(into, "w"))
