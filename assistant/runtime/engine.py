"""The engine's loop: one thread decodes, keystrokes first, nothing computed twice.

Prefill and decode are the same step: a job feeds the tokens after its last computed one and asks for the logits of the
last; a decoding job simply has one such token, and perhaps some guessed ones behind it. A keystroke that arrives while
a chat computes raises llama.cpp's abort flag; whatever the aborted batch had finished stays in the cache, and the chat
goes on from there later.
"""

import threading
import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from assistant.errors import CairnError, EngineError
from assistant.protocol import FinishReason, Slot, encode
from assistant.runtime.feeding import Fed, feed
from assistant.runtime.jobs import Emit, Job, RequestClass, Weights
from assistant.runtime.meter import Meter
from assistant.runtime.parking import Parking
from assistant.runtime.prefix_store import Memory, PrefixStore
from assistant.runtime.row import Row
from assistant.runtime.schedule import Costs, Turn, next_turn

OK, NO_ROOM, ABORTED = 0, 1, 2
"""What a backend's `decode` returns (llama.h): done; the cache is full; stopped, and what was computed stays."""
NOBODY = ("", "")
"""The owner of completions whose client gives no name: they follow on each other like those of one document."""
IDLE_S = 2.0
"""After so long without work the disk may be written to: a keystroke that comes meanwhile waits for that."""
TYPING_S = 2.0
"""So long after a keystroke the next one is expected."""
SAY_EVERY_S = 0.1
"""Text goes to the daemon at most this often, but for a first word or a completion's line: tokens go together."""


class Backend(Memory, Protocol):
    """What the engine needs of llama.cpp; `context.Context` is the real one, tests bring a fake."""

    num_batch: int
    num_cells: int
    can_abort: bool

    def decode(self, rows: list[Row]) -> int:
        """Compute rows of tokens in one batch."""
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
        parking: Where big conversations wait that the cache has no room for.
        use_weights: Called before a decode under other LoRA adapters than the last.
    """

    def __init__(
        self,
        backend: Backend,
        end_ids: frozenset[int],
        emit: Emit,
        *,
        num_sequences: int,
        parking: Parking | None = None,
        use_weights: Callable[[Weights], None] = lambda weights: None,
    ) -> None:
        self._backend = backend
        self._end_ids = end_ids
        self._emit = emit
        self._use_weights = use_weights
        self._weights: Weights = ()
        self._parking = parking
        self._costs = Costs()
        self.meter = Meter()
        self.num_steps = 0
        """Decodes that have returned: a sign that this thread gets on."""
        self.store = PrefixStore(backend, num_sequences=num_sequences, num_cells=backend.num_cells, parking=parking)
        self.num_cells = backend.num_cells
        self._max_chats = num_sequences - max(1, num_sequences // 4)
        """Chats never hold every sequence: a keystroke that found none would wait for chats that wait for it."""
        self._jobs: list[Job] = []
        self._inbox: list[Job] = []
        self._cancelled: dict[int, FinishReason] = {}
        self._last_keystroke_at = -TYPING_S
        self._turn = Turn()
        self._wake = threading.Condition()
        self._is_closed = False

    def submit(self, job: Job) -> None:
        """Queue a job. A keystroke interrupts a chat; it also cancels an older one of the same client and document."""
        with self._wake:
            older = [other for other in (*self._jobs, *self._inbox) if _replaces(job, other)]
            self._cancelled.update((other.id, "cancelled") for other in older)
            self._inbox.append(job)
            if job.request_class == RequestClass.KEYSTROKE:
                self._last_keystroke_at = job.submitted_at
            if any(other in older or job.request_class < other.request_class for other in self._turn.jobs):
                self._interrupt()
            self._wake.notify()

    def cancel(self, job_id: int, reason: FinishReason = "cancelled") -> None:
        """End a job, in the middle of a decode if need be."""
        with self._wake:
            self._cancelled[job_id] = reason
            if any(job.id == job_id for job in self._turn.jobs):
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
        return [Slot(num_tokens=len(s.tokens), is_busy=s.is_busy) for s in self.store.sequences]

    @property
    def num_queued(self) -> int:
        """Jobs that wait for a sequence."""
        return sum(job.sequence is None for job in (*self._jobs, *self._inbox))

    def decode_cost_s(self, num_tokens: int) -> float:
        """Seconds of a decode of so many tokens that are all asked for their logits."""
        return self._costs.decode.seconds(num_tokens)

    def run(self) -> None:
        """Decode until closed. This thread alone touches the backend's batch and cache."""
        while self._await_work():
            self._take_in()
            self._step()
        if self._parking and self._parking.has_file:  # this engine ends, its conversations need not
            self.store.park_all()
            while self._parking.write_one():
                pass

    def _interrupt(self) -> None:
        if not self._turn.is_protected and self._backend.can_abort:
            self._backend.abort()

    def _await_work(self) -> bool:
        """Wait until there is work; in long pauses parked conversations go to the disk. False when it is all over."""
        pause_s = IDLE_S if self._parking and self._parking.has_file else None
        while True:
            with self._wake:
                self._turn = Turn()
                if self._wake.wait_for(lambda: self._inbox or self._jobs or self._is_closed, pause_s):
                    return not self._is_closed
            if self._parking and not self._parking.write_one():
                pause_s = None

    def _take_in(self) -> None:
        """Take what came in. The flag is cleared under the lock, so no interruption is lost."""
        with self._wake:
            self._jobs += self._inbox
            self._inbox = []
            cancelled, self._cancelled = self._cancelled, {}
            for job in [job for job in self._jobs if job.id in cancelled]:
                job.end(cancelled[job.id])
                self._finish(job)
            self._turn = self._next_turn()
            self._backend.clear_abort()

    def _next_turn(self) -> Turn:
        now = time.perf_counter()
        waiting = [job for job in self._jobs if job.sequence is None and not job.is_waiting_for_room]
        for job in sorted(waiting, key=lambda job: job.request_class):
            self._start(job)
        return next_turn(
            [job for job in self._jobs if job.sequence is not None],
            self._costs,
            num_batch=self._backend.num_batch,
            can_abort=self._backend.can_abort,
            now=now,
            is_typing=now - self._last_keystroke_at < TYPING_S,
        )

    def _start(self, job: Job) -> None:
        """Give it a sequence, if there is one for it."""
        holders = [other for other in self._jobs if other.sequence is not None]
        num_chats = sum(other.request_class != RequestClass.KEYSTROKE for other in holders)
        if job.request_class != RequestClass.KEYSTROKE and num_chats >= self._max_chats:
            return
        owner = None if job.request_class == RequestClass.CHAT else job.key or NOBODY
        job.sequence = self.store.acquire(job.tokens, job.weights, owner=owner)
        if job.sequence is not None:
            job.num_cached_tokens = job.num_cached_tokens or len(job.sequence.tokens)

    def _step(self) -> None:
        turn = self._turn
        fed = feed(turn.jobs, self.store, room=self._backend.num_batch, prompt_tokens=turn.prompt_tokens)
        if not fed:
            return
        if self._weights != fed[0].job.weights:
            self._weights = fed[0].job.weights
            self._use_weights(self._weights)
        rows = [each.row for each in fed]
        started = time.perf_counter()
        result = self._backend.decode(rows)
        seconds = time.perf_counter() - started
        self.num_steps += 1
        if result == OK:
            self._learn(fed, seconds)
            self._advance(fed, seconds)
        elif result == ABORTED:
            self._keep_what_was_computed(fed)
        elif result == NO_ROOM:
            self._make_room(fed)
        else:
            self._fail(
                [each.job for each in fed],
                EngineError(f"llama.cpp failed with {result}", hint="`cairn doctor` shows the log"),
            )

    def _learn(self, fed: list[Fed], seconds: float) -> None:
        """What this decode cost tells what the next will."""
        count = sum(len(each.row.ids) for each in fed)
        is_decode = all(each.job.is_decoding for each in fed)
        (self._costs.decode if is_decode else self._costs.prefill).add(count, seconds)
        self.meter.count(seconds, is_single=is_decode and count == 1)

    def _advance(self, fed: list[Fed], seconds: float) -> None:
        now = time.perf_counter()
        for job, row, drafted, first_wanted in fed:
            assert job.sequence is not None
            job.last_turn_at, job.last_turn_s = now, seconds
            if not row.num_wanted:
                self.store.extend(job.sequence, row.ids)
            elif job.request_class == RequestClass.WARM_UP:
                self.store.extend(job.sequence, row.ids)
                job.end("stop")
            else:
                try:
                    self._choose(job, row, drafted, first_wanted)
                except CairnError as error:  # its grammar has no way on
                    self._fail([job], error)
                    continue
            self._report(job, now)

    def _choose(self, job: Job, row: Row, drafted: list[int], first_wanted: int) -> None:
        """Take tokens as long as they are the guessed ones, and the first that is not: each is the model's own."""
        assert job.sequence is not None
        num_right = 0
        job.accept(job.pick(first_wanted), self._end_ids)
        while num_right < len(drafted) and job.tokens[-1] == drafted[num_right] and not job.finish_reason:
            num_right += 1
            job.accept(job.pick(first_wanted + num_right), self._end_ids)
        num_kept = len(row.ids) - len(drafted) + num_right
        self.store.extend(job.sequence, row.ids[:num_kept])
        if num_right < len(drafted):
            self.store.cut(job.sequence, row.position + num_kept)
        job.num_drafted_tokens += len(drafted)
        job.num_accepted_tokens += num_right
        if job.drafter and job.num_completion_tokens > 1:
            job.drafter.observe(len(drafted), num_right)

    def _report(self, job: Job, now: float) -> None:
        if job.finish_reason:
            self._finish(job)
        elif job.text and (now - job.last_said_at >= SAY_EVERY_S or _ends_a_line(job)):
            job.last_said_at = now
            self._emit({"id": job.id, "text": job.text})
            job.text = ""

    def _keep_what_was_computed(self, fed: list[Fed]) -> None:
        """All of an aborted batch's logits are lost, so the token whose were wanted is computed again."""
        for job, row, _, _ in fed:
            assert job.sequence is not None
            num_kept = min(self._backend.num_computed(job.sequence.index), len(job.tokens) - 1)
            self.store.extend(job.sequence, row.ids[: num_kept - row.position])
            self.store.cut(job.sequence, num_kept)
            if num_kept > row.position:
                job.last_turn_at = time.perf_counter()

    def _make_room(self, fed: list[Fed]) -> None:
        """The cache is full: what is idle goes first; then the least urgent job waits until another has ended."""
        num_used = self.store.num_used_cells
        if self.store.make_room(sum(len(each.row.ids) for each in fed)) and self.store.num_used_cells < num_used:
            return
        holders = [job for job in self._jobs if job.sequence is not None]
        last = max(holders, key=lambda job: (job.request_class, job.submitted_at))
        if len(holders) > 1:
            self._put_aside(last)
            return
        error = EngineError(
            f"the context of {self._backend.num_cells} tokens is full",
            hint="set a larger context_tokens, or ask for less at once",
        )
        self._fail([last], error)

    def _put_aside(self, job: Job) -> None:
        assert job.sequence is not None
        self.store.release(job.sequence)
        job.sequence = None
        job.is_waiting_for_room = True

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
        for other in self._jobs:
            other.is_waiting_for_room = False
        if job.sequence is not None:
            if forget:
                self.store.forget(job.sequence)
            else:
                self.store.release(job.sequence)


def _ends_a_line(job: Job) -> bool:
    """A completion may be asked for only as far as that."""
    return job.request_class == RequestClass.KEYSTROKE and "\n" in job.text


def _replaces(job: Job, other: Job) -> bool:
    """Whether nobody needs `other` any more: a newer keystroke does that, a warm-up only to warm-ups."""
    return job.key is not None and other.key == job.key and job.request_class <= other.request_class
