"""Engines by name: `local` is a pool of this machine's sandbox workers, `ray` a cluster of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from assistant.sandbox.programs import Job, ProgramRunner, Results
from training.execution.plans import Engine


class LocalEngine:
    """A pool of sandbox workers of this machine, which try a program again when one of them fails."""

    def __init__(self, runner: ProgramRunner) -> None:
        self._runner = runner

    def run_all(self, jobs: Sequence[Job]) -> list[Results | None]:
        """All jobs; what nothing could be found out about is None."""
        return [None if each.sandbox_error else each for each in self._runner.stream(jobs)]


@contextmanager
def open_engine(name: str, *, workers: int, address: str = "") -> Iterator[Engine]:
    """An engine, ended on leaving.

    Args:
        name: "local" or "ray".
        workers: Sandbox workers of the local pool; on a cluster, its processors count.
        address: Of a running Ray cluster; empty starts one on this machine.

    Raises:
        CairnError: Ray is asked for and not installed, or has no cluster there.
        SandboxError: Programs cannot be fenced in here.
    """
    if name == "ray":
        from training.execution.ray_engine import open_ray  # noqa: PLC0415 - an extra that most do without

        with open_ray(address) as engine:
            yield engine
        return
    with ProgramRunner(num_workers=workers) as runner:
        yield LocalEngine(runner)
