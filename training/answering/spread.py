"""Answers from a Ray cluster: each of its workers opens the source for itself, and is asked one task at a time.

As with programs (`training.execution.ray_engine`), Ray is only the carrier: what a lost machine was asked is asked of
another, and rows, whose seeds come from their keys, are those of one machine.
"""

import asyncio
import functools
from dataclasses import dataclass, field
from typing import Any

from training.answering.sources import ModelSource, ProgramSource, Said, Source
from training.asking.model import RefusedError
from training.asking.open import open_model
from training.asking.patience import Manners, Pace
from training.rows import Role, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A source as it is written, and how it is asked: enough to open it anywhere."""

    role: Role
    source: str
    preset_name: str = ""
    manners: Manners = field(default_factory=Manners)
    key: str = ""
    max_tokens: int = 512
    top_p: float = 0.95

    async def opened(self) -> tuple[Source, Any]:
        """The source, and what is to be left when it is done with (None for a program). Raises as `open_model`."""
        if self.source.startswith("program:"):
            from training.answering.programs import program_answer  # noqa: PLC0415 - draws on all families

            return ProgramSource(self.source.removeprefix("program:"), self.role, program_answer), None
        model = await open_model(self.source, self.manners, key=self.key).__aenter__()
        asked = ModelSource(
            model, self.role, preset_name=self.preset_name, max_tokens=self.max_tokens, top_p=self.top_p
        )
        return asked, model


class SpreadSource:
    """A source that the workers of a cluster share.

    Args:
        named: What they open; a GGUF file must lie at the same place on each machine.
        ray: The module, connected.
    """

    def __init__(self, named: Asked, ray: Any) -> None:
        self._named = named
        self._answer = ray.remote(num_cpus=1, max_retries=-1)(_answered)
        self._pace = Pace(named.manners.per_s)
        self.name, self.has_temperature = ray.get(ray.remote(num_cpus=1, max_retries=-1)(_described).remote(named))
        self.role: Role = named.role
        self.width = max(1, int(ray.cluster_resources().get("CPU", 1)))

    async def answer(self, task: Task, temperature: float, seed: int) -> Said:
        """One answer, from whichever worker is free. Raises as `Model.ask`."""
        await self._pace.wait()
        said = await self._answer.remote(self._named, task, temperature, seed)
        if isinstance(said, Said):
            return said
        raise RefusedError(said[0], hint=said[1])


def _described(named: Asked) -> tuple[str, bool]:
    _, source = _kept(named)
    return source.name, source.has_temperature


def _answered(named: Asked, task: Task, temperature: float, seed: int) -> Said | tuple[str, str]:
    """In a process of the cluster. A refusal is an answer of its own: what is raised would end the run."""
    loop, source = _kept(named)
    try:
        return loop.run_until_complete(source.answer(task, temperature, seed))
    except RefusedError as error:
        return str(error), error.hint


@functools.cache
def _kept(named: Asked) -> tuple[asyncio.AbstractEventLoop, Source]:
    """The source, opened once for each process; its engine ends when that process does."""
    loop = asyncio.new_event_loop()
    source, _ = loop.run_until_complete(named.opened())
    return loop, source
