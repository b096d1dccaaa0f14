"""Runs model-written programs and says what came back. Judging is here and above, computing is in their processes.

A program that fails, hangs or lies about its results is a result; a worker that fails is a `SandboxError`, never one.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Self

from assistant.sandbox.jobs import Job, run_on
from assistant.sandbox.process import Worker, WorkerError
from assistant.sandbox.replies import Results
from assistant.sandbox.tiers import SandboxError, Tier, tier

__all__ = ["Job", "ProgramRunner", "Results", "SandboxError"]

JOBS_PER_WORKER = 2000
"""A worker is then replaced by a fresh one."""
AHEAD = 16
"""So many jobs for each worker may be done before the results of an earlier one."""


class ProgramRunner:
    """A pool of workers whose fence has been tried. Use as a context manager."""

    def __init__(
        self,
        num_workers: int = 2,
        *,
        boxed: bool | None = None,
        i_accept_running_model_code_unsandboxed: bool = False,
    ) -> None:
        """See `tier` for the last two."""
        self._num_workers = num_workers
        self._choice = (boxed, i_accept_running_model_code_unsandboxed)
        self._idle: SimpleQueue[Worker] = SimpleQueue()
        self._workers: list[Worker] = []
        self.tier: Tier

    def __enter__(self) -> Self:
        """Start.

        Raises:
            SandboxError: A layer of the fence has a hole here.
        """
        boxed, accepts = self._choice
        self.tier = tier(boxed=boxed, i_accept_running_model_code_unsandboxed=accepts)
        for _ in range(self._num_workers):
            self._idle.put(self._started())
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.close()

    @property
    def pids(self) -> list[int]:
        """The processes that were started for the workers."""
        return [worker.process.pid for worker in self._workers]

    def run_all(self, jobs: Iterable[Job]) -> list[Results]:
        """Run every job; results in the order of the jobs.

        Raises:
            SandboxError: Twice, nothing could be found out about a program.
            InputError: As `stream`.
        """
        return [_certain(results) for results in self.stream(jobs)]

    def stream(self, jobs: Iterable[Job]) -> Iterator[Results]:
        """Run jobs as they come; results in the order of the jobs. Those with a `sandbox_error` are no verdicts.

        Raises:
            InputError: What is to be asked of a program cannot be sent to it.
        """
        pending: deque[Future[Results]] = deque()
        with ThreadPoolExecutor(self._num_workers) as threads:
            try:
                for job in jobs:
                    pending.append(threads.submit(self._run, job))
                    if len(pending) >= AHEAD * self._num_workers:
                        yield pending.popleft().result()
                while pending:
                    yield pending.popleft().result()
            finally:
                for each in pending:
                    each.cancel()

    def _run(self, job: Job) -> Results:
        """Once; again on a fresh worker if the first one failed."""
        worker = self._idle.get()
        try:
            if worker.num_jobs >= JOBS_PER_WORKER:
                worker = self._replaced(worker)
            try:
                return run_on(worker, job, needs_all=not self.tier.accepted)
            except WorkerError:
                worker = self._replaced(worker)
            try:
                return run_on(worker, job, needs_all=not self.tier.accepted)
            except WorkerError as error:
                worker = self._replaced(worker)
                return _unknown(job, str(error))
        finally:
            self._idle.put(worker)

    def _started(self) -> Worker:
        worker = Worker(self.tier.bubblewrap)
        self._workers.append(worker)
        return worker

    def _replaced(self, worker: Worker) -> Worker:
        self._workers.remove(worker)
        worker.close()
        return self._started()


def _unknown(job: Job, reason: str) -> Results:
    return Results(
        values=tuple(None for _ in job.inputs),
        passed=tuple(False for _ in job.statements),
        errors=tuple("sandbox_error" for _ in range(job.num_entries)),
        ended="sandbox_error",
        sandbox_error=reason,
    )


def _certain(results: Results) -> Results:
    if results.sandbox_error:
        hint = "Run the stage again; if it stays so, look at the limits of this machine (ulimit -a) and `cairn doctor`."
        raise SandboxError(f"the sandbox failed: {results.sandbox_error}", hint=hint)
    return results
