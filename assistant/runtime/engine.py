"""The scheduler: one thread decodes, keystrokes first, nothing computed twice.

Prefill and decode are the same step: a job feeds the tokens after its last computed one and asks for the logits of the
last; a decoding job simply has one such token. A keystroke that arrives while a chat computes raises llama.cpp's abort
flag; whatever the aborted batch had finished stays in the cache and the chat goes on from there later.
"""

import threading
from collections.abc import Sequence as Rows
from typing import Protocol

import numpy as np
import numpy.typing as npt

from assistant.errors import CairnError, EngineError
from assistant.protocol import Slot, encode
from assistant.runtime.jobs import Emit, Job, RequestClass
from assistant.runtime.sequences import Memory, PrefixStore

OK, NO_SLOT, ABORTED = 0, 1, 2
"""What a backend's `decode` returns (llama.h): done; the cache is full; stopped, and what was computed stays."""


class Backend(Memory, Protocol):
    """What the scheduler needs of llama.cpp; `llama.Context` is the real one, tests bring a fake."""

    num_batch: int
    num_cells: int

    def decode(self, rows: Rows[tuple[int, int, list[int]]]) -> int:
        """Compute `(sequence, first position, ids)` rows."""
        ...

    def logits(self, index: int) -> npt.NDArray[np.float32]:
        """(vocabulary,) float32 after the token at `index` of the last batch."""
        ...

    def abort(self) -> None:
        """Stop the running decode, from any thread."""
        ...

    def clear_abort(self) -> None:
        """Let the next decode run."""
        ...

    def num_computed(self, sequence: int) -> int:
        """Tokens of `sequence` in the cache."""
        ...


class Engine:
    """Runs jobs on one backend. `submit` and `cancel` may be called from another thread than `run`.

    Args:
        backend: Decodes.
        end_ids: Tokens that end an answer.
        emit: Takes events.
        num_sequences: At least 2; a quarter of them is kept free of chats.
    """

    def __init__(self, backend: Backend, end_ids: frozenset[int], emit: Emit, *, num_sequences: int) -> None:
        self._backend = backend
        self._end_ids = end_ids
        self._emit = emit
        self._store = PrefixStore(backend, num_sequences=num_sequences, num_cells=backend.num_cells)
        self._max_chats = num_sequences - max(1, num_sequences // 4)
        """Chats never hold every sequence: a keystroke that found none would wait for chats that wait for it."""
        self._jobs: list[Job] = []
        self._inbox: list[Job] = []
        self._cancelled: set[int] = set()
        self._running: list[Job] = []
        self._wake = threading.Condition()
        self._is_closed = False

    def submit(self, job: Job) -> None:
        """Queue a job. A keystroke interrupts a chat; it also cancels an older one of the same client and document."""
        with self._wake:
            older = [other for other in (*self._jobs, *self._inbox) if job.key and other.key == job.key]
            self._cancelled.update(other.id for other in older)
            self._inbox.append(job)
            if any(other in older or job.request_class < other.request_class for other in self._running):
                self._backend.abort()
            self._wake.notify()

    def cancel(self, job_id: int) -> None:
        """End a job as cancelled, in the middle of a decode if need be."""
        with self._wake:
            self._cancelled.add(job_id)
            if any(job.id == job_id for job in self._running):
                self._backend.abort()
            self._wake.notify()

    def close(self) -> None:
        """Let `run` return after the current step."""
        with self._wake:
            self._is_closed = True
            self._backend.abort()
            self._wake.notify()

    def slots(self) -> list[Slot]:
        """The sequences as they are now."""
        return [Slot(num_tokens=len(s.tokens), is_busy=s.is_busy) for s in self._store.sequences]

    @property
    def num_queued(self) -> int:
        """Jobs that wait for a sequence."""
        return sum(job.sequence is None for job in (*self._jobs, *self._inbox))

    def run(self) -> None:
        """Decode until closed. This thread alone touches the backend's batch and cache."""
        while self._take_in():
            self._step()

    def _take_in(self) -> bool:
        """Wait for work, then take what came in. The flag is cleared under the lock, so no interruption is lost."""
        with self._wake:
            self._running = []
            self._wake.wait_for(lambda: self._inbox or self._jobs or self._is_closed)
            self._jobs += self._inbox
            self._inbox = []
            cancelled, self._cancelled = self._cancelled, set()
            for job in [job for job in self._jobs if job.id in cancelled]:
                job.finish_reason = "cancelled"
                self._finish(job)
            self._running = self._pick_jobs()
            self._backend.clear_abort()
            return not self._is_closed

    def _pick_jobs(self) -> list[Job]:
        """The jobs of the highest class present that have, or can get, a sequence."""
        if not self._jobs:
            return []
        first = min(job.request_class for job in self._jobs)
        chosen = [job for job in self._jobs if job.request_class == first]
        return [job for job in chosen if job.sequence is not None or self._start(job)]

    def _start(self, job: Job) -> bool:
        num_chats = sum(other.request_class == RequestClass.CHAT and other.sequence is not None for other in self._jobs)
        if job.request_class == RequestClass.CHAT and num_chats >= self._max_chats:
            return False
        job.sequence = self._store.acquire(job.tokens, owner=job.key)
        if job.sequence is None:
            return False
        job.num_cached_tokens = len(job.sequence.tokens)
        return True

    def _step(self) -> None:
        rows, fed = self._rows()
        if not rows:
            return
        result = self._backend.decode(rows)
        if result == ABORTED:
            self._keep_what_was_computed(fed)
        elif result == NO_SLOT:
            self._make_room(sum(len(ids) for _, _, ids in rows), fed)
        elif result != OK:
            self._fail(fed, EngineError(f"llama.cpp failed with {result}", hint="`cairn doctor` shows the log"))
        else:
            self._advance(rows, fed)

    def _rows(self) -> tuple[list[tuple[int, int, list[int]]], list[Job]]:
        """Share one batch: a token for each decoding job, the rest for prefills, in order of arrival."""
        rows: list[tuple[int, int, list[int]]] = []
        fed: list[Job] = []
        room = self._backend.num_batch
        for job in sorted(self._running, key=lambda job: len(job.tokens) - _num_computed(job)):
            if job.sequence is None or not room:
                continue
            start = len(job.sequence.tokens)
            ids = job.tokens[start : start + room]
            rows.append((job.sequence.index, start, ids))
            fed.append(job)
            room -= len(ids)
        return rows, fed

    def _advance(self, rows: list[tuple[int, int, list[int]]], fed: list[Job]) -> None:
        end = 0
        for (_, _, ids), job in zip(rows, fed, strict=True):
            end += len(ids)
            assert job.sequence is not None
            self._store.extend(job.sequence, ids)
            if len(job.sequence.tokens) == len(job.tokens):
                job.accept(job.pick(end - 1), self._end_ids)
                self._report(job)

    def _report(self, job: Job) -> None:
        if job.finish_reason:
            self._finish(job)
        elif job.text and job.request_class == RequestClass.CHAT:
            self._emit({"id": job.id, "text": job.text})
            job.text = ""

    def _keep_what_was_computed(self, fed: list[Job]) -> None:
        for job in fed:
            assert job.sequence is not None
            start, stop = len(job.sequence.tokens), self._backend.num_computed(job.sequence.index)
            self._store.extend(job.sequence, job.tokens[start:stop])

    def _make_room(self, num_needed: int, fed: list[Job]) -> None:
        if not self._store.make_room(num_needed):
            error = EngineError(
                f"the context of {self._backend.num_cells} tokens is full",
                hint="set a larger context_tokens, or ask for less at once",
            )
            self._fail(fed[-1:], error)

    def _fail(self, jobs: list[Job], error: CairnError) -> None:
        for job in jobs:
            self._emit({"id": job.id, "error": str(error), "hint": error.hint})
            self._drop(job, forget=True)

    def _finish(self, job: Job) -> None:
        event = {"id": job.id, "text": job.text, "finish_reason": job.finish_reason, "timings": encode(job.timings())}
        self._drop(job, forget=False)
        self._emit(event)

    def _drop(self, job: Job, *, forget: bool) -> None:
        self._jobs.remove(job)
        job.close()
        if job.sequence is not None:
            (self._store.forget if forget else self._store.release)(job.sequence)


def _num_computed(job: Job) -> int:
    return len(job.sequence.tokens) if job.sequence else 0
