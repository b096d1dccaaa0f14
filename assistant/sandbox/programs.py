"""Runs model-written programs and says what came back. Judging is here and above, computing is in their processes.

A program that fails, hangs or lies about its results is a result; a worker that fails is a `SandboxError`, never one.
"""

import json
import math
import secrets
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Self

from assistant.errors import CairnError, InputError
from assistant.sandbox.process import Request, Worker, WorkerError
from assistant.sandbox.replies import Results, read_results
from assistant.sandbox.values import in_order

__all__ = ["Job", "ProgramRunner", "Results", "SandboxError"]

MAX_PROGRAM_BYTES = 1 << 20
MAX_TODO_BYTES = 8 << 20
MAX_MEMORY_BYTES = 512 << 20
JOBS_PER_WORKER = 2000
"""A worker is then replaced by a fresh one."""
AHEAD = 16
"""So many jobs for each worker are begun before the first one's results are asked for again."""


class SandboxError(CairnError):
    """The fence around programs failed: nothing can be said about the program."""


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


class ProgramRunner:
    """A pool of workers, whose layers have been tried. Use as a context manager."""

    def __init__(
        self,
        num_workers: int = 2,
        *,
        boxed: bool | None = None,
        i_accept_running_model_code_unsandboxed: bool = False,
    ) -> None:
        """`boxed`: in bubblewrap; None: where it works. The last: run in whatever this system offers, tested or not."""
