"""Engines by name: `local` is a pool of this machine's sandbox workers, `ray` a cluster of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from assistant.sandbox.programs import Job, ProgramRunner, Results, SandboxError
from training.execution.plans import Engine

ENGINES = ("local", "ray")
ATTEMPTS = 3


class LocalEngine:
    """A pool of sandbox workers of this machine."""

    def __init__(self, runner: ProgramRunner) -> None:
        self._runner = runner

    def run_all(self, jobs: Sequence[Job]) -> list[Results | None]:
        """All jobs; when the sandbox fails, each alone, three times at most."""
        try:
            return list(self._runner.run_all(jobs))
        except SandboxError:
            return [self._run_alone(job) for job in jobs]

    def _run_alone(self, job: Job) -> Results | None:
        for _ in range(ATTEMPTS):
            try:
                return self._runner.run_all([job])[0]
            except SandboxError:
                continue
        return None


@contextmanager
def open_engine(name: str, *, workers: int, address: str = "") -> Iterator[Engine]:
    """An engine, ended on leaving.

    Args:
        name: One of `ENGINES`.
        workers: Sandbox workers of the local pool; on a cluster, its processors count.
        address: Of a running Ray cluster; empty starts one on this machine.

    Raises:
        CairnError: Ray is asked for and not installed, or the sandbox does not start.
    """
    if name == "ray":
        from training.execution.ray_engine import open_ray  # noqa: PLC0415 - an extra that most do without

        with open_ray(address) as engine:
            yield engine
        return
    with ProgramRunner(num_workers=workers) as runner:
        yield LocalEngine(runner)
