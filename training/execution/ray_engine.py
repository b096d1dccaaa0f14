"""Programs on a Ray cluster. Ray is only the carrier: each of its workers has the same sandbox as the local pool.

Tasks are stateless and are repeated by Ray when their worker or its machine is lost, as often as it takes; results come
back in the order of the jobs. So a run gives the same rows here as on one machine.
"""

import functools
import importlib
import itertools
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from assistant.errors import CairnError
from assistant.sandbox.programs import Job, ProgramRunner, Results
from training.execution.engines import LocalEngine

BATCH_JOBS = 16
"""Programs that travel together: a lost machine costs at most their time for each of its processors."""
_KNOCK_S = 5.0


class RayEngine:
    """A cluster that is connected to."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        # a loss is no failure of the program: repeat for ever; what a worker raises, its sandbox not starting, is one
        self._run = ray.remote(num_cpus=1, max_retries=-1)(run_batch)

    def run_all(self, jobs: Sequence[Job]) -> list[Results | None]:
        """Results in the order of the jobs.

        Raises:
            SandboxError: Programs cannot be fenced in on one of the machines.
        """
        batches = (jobs[start : start + BATCH_JOBS] for start in range(0, len(jobs), BATCH_JOBS))
        waiting = [self._run.remote(batch) for batch in batches]
        return list(itertools.chain.from_iterable(self._ray.get(waiting)))


def run_batch(jobs: Sequence[Job]) -> list[Results | None]:
    """Some jobs in a process of the cluster."""
    return _sandbox().run_all(jobs)


@contextmanager
def open_ray(address: str) -> Iterator[RayEngine]:
    """The engine of a cluster: see `connected`."""
    with connected(address) as ray:
        yield RayEngine(ray)


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """Ray, connected to a cluster or to one started on this machine; left, or ended, afterwards.

    Raises:
        CairnError: Ray is not installed, or there is no cluster at the address.
    """
    ray = _ray()
    if ray.is_initialized():
        yield ray
        return
    if address:
        _knock(address)
    ray.init(address=address or "local", include_dashboard=False, log_to_driver=False, logging_level="warning")
    try:
        yield ray
    finally:
        ray.shutdown()


@functools.cache
def _sandbox() -> LocalEngine:
    """One sandbox worker for each process of the cluster, kept; it ends when its stdin closes, with that process."""
    return LocalEngine(ProgramRunner(num_workers=1).__enter__())


def _knock(address: str) -> None:
    """Ray itself waits for minutes for a head that is not there."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=_KNOCK_S).close()
    except (OSError, ValueError) as error:
        hint = "Give host:port of a head started with `ray start --head`, or leave --address out."
        raise CairnError(f"no Ray cluster at {address}: {error}", hint=hint) from error


def _ray() -> Any:
    try:
        return importlib.import_module("ray")
    except ImportError:
        raise CairnError("Ray is not installed", hint="Install the extra: pip install 'cairn-coder[scale]'.") from None
