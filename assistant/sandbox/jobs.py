"""A job: a program and what to ask of it; and its run on one worker."""

import json
import math
import secrets
from dataclasses import dataclass
from typing import Any

from assistant.errors import InputError
from assistant.sandbox.process import Request, Worker
from assistant.sandbox.replies import Results, read_results
from assistant.sandbox.values import in_order

MAX_PROGRAM_BYTES = 1 << 20
MAX_TODO_BYTES = 8 << 20
MAX_MEMORY_BYTES = 512 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A program, and the calls or the statements to make of it. What they should yield stays with the caller."""

    program: str
    entry_point: str = ""
    """The function to call."""
    inputs: tuple[tuple[Any, ...], ...] = ()
    """The arguments of each call: values of built-in types."""
    statements: tuple[str, ...] = ()
    """Asserts, executed one after the other beside the program, which could fool them: a weak test."""
    cpu_s: float = 1
    """Rounded up to whole seconds."""
    wall_s: float = 10.0
    """Only ends what sleeps: a busy program is ended by `cpu_s`, which a loaded machine does not shorten."""
    memory_bytes: int = MAX_MEMORY_BYTES
    """Of address space."""

    @property
    def num_entries(self) -> int:
        """Calls or statements."""
        return len(self.statements) or len(self.inputs)


def run_on(worker: Worker, job: Job, *, needs_all: bool = True) -> Results:
    """Run it. `needs_all`: not without every layer of the fence.

    Raises:
        WorkerError: Nothing can be said about the program.
        InputError: The inputs or statements are too large, or no built-in values.
    """
    token = secrets.token_hex(16) if job.statements else None
    request = request_of(job, token, needs_all=needs_all)
    if len(request.program) > MAX_PROGRAM_BYTES:
        return Results(
            compiled=False,
            values=tuple(None for _ in job.inputs),
            passed=tuple(False for _ in job.statements),
            errors=("too_long",) * job.num_entries,
            ended="error:too_long",
        )
    return read_results(worker.run(request), job.num_entries, token, cpu_s=request.cpu_s)


def request_of(job: Job, token: str | None, *, needs_all: bool) -> Request:
    """A job on the wire. Raises `InputError`, as `run_on`."""
    return Request(
        program=_line({"program": job.program}),
        todo=_todo(job, token),
        cpu_s=max(1, math.ceil(job.cpu_s)),
        wall_s=job.wall_s,
        memory_bytes=job.memory_bytes,
        needs_all=needs_all,
    )


def _todo(job: Job, token: str | None) -> bytes:
    try:
        if token:
            line = _line({"entry_point": job.entry_point, "statements": job.statements, "token": token})
        else:
            inputs = [[in_order(each) for each in arguments] for arguments in job.inputs]
            line = _line({"entry_point": job.entry_point, "inputs": inputs})
    except ValueError as error:
        raise _unusable(str(error)) from None
    if len(line) > MAX_TODO_BYTES:
        raise _unusable(f"they have {len(line)} bytes")
    return line


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"


def _unusable(reason: str) -> InputError:
    return InputError(f"the tests of a program cannot be sent to it: {reason}", hint="Leave this problem out.")
