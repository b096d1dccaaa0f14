"""Students and teachers by their names on the command line, opened, asked, and closed."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import InputError
from training.answering.sample import Report, sample
from training.answering.sources import Source
from training.answering.spread import Asked, SpreadSource
from training.asking.open import key_for
from training.asking.patience import Manners
from training.rows import Role, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Who is to answer."""

    role: Role
    source: str
    """`program:SKILL`, or what `open_model` takes."""
    preset: str = ""
    """Empty: as the kind of the source is asked by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How answers are drawn."""

    temperatures: Sequence[float]
    num_each: int
    """At each temperature."""
    max_tokens: int = 512
    top_p: float = 0.95
    seed: int = 0


async def answer_tasks(
    tasks: Sequence[Task], named: Sequence[Named], out: Path, sampling: Sampling, manners: Manners, *, ray: Any = None
) -> Report:
    """Append to `out` the answers that it does not have. `ray`: the module, connected, whose cluster answers.

    Raises:
        InputError: Two sources have one name, or one names nothing.
        CairnError: A source cannot be asked; what was answered is in the file.
    """
    key = key_for([each.source for each in named])
    async with AsyncExitStack() as stack:
        sources: list[Source] = []
        for each in named:
            asked = Asked(
                role=each.role,
                source=each.source,
                preset_name=each.preset,
                manners=manners,
                key=key,
                max_tokens=sampling.max_tokens,
                top_p=sampling.top_p,
            )
            one = SpreadSource(asked, ray) if ray else await _opened(stack, asked)
            if any(other.name == one.name for other in sources):
                raise InputError(f"two sources are called {one.name}", hint="Name each once, or rename a file.")
            sources.append(one)
        return await sample(
            tasks,
            sources,
            out,
            temperatures=sampling.temperatures,
            num_each=sampling.num_each,
            seed=sampling.seed,
        )


async def _opened(stack: AsyncExitStack, asked: Asked) -> Source:
    source, model = await asked.opened()
    if model:
        stack.push_async_exit(model)
    return source
