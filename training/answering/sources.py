"""Who answers: a model by a preset, or a program of known skill."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from assistant.errors import InputError
from training.asking.model import Draw, Model, RefusedError
from training.presets import Preset, preset
from training.rows import Role, Task

DEFAULT_PRESETS = {"daemon": "pangu-coder2", "gguf": "pangu-coder2", "endpoint": "chat"}
"""By the kind of the source: our own students read the layout of PanGu-Coder2, a stranger is taken for a chat model."""
ProgramAnswer = Callable[[Task, float, int], str]
"""Task, skill in 0..1 and seed to a program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer, and the program in it."""

    text: str
    code: str
    mean_logprob: float | None = None
    details: dict[str, Any] = field(default_factory=dict[str, Any])


class Source(Protocol):
    """Whoever answers a task."""

    @property
    def name(self) -> str:
        """What its answers are filed under."""
        ...

    @property
    def role(self) -> Role:
        """Student or teacher."""
        ...

    @property
    def width(self) -> int:
        """Tasks at a time."""
        ...

    @property
    def has_temperature(self) -> bool:
        """Whether temperatures mean anything to it."""
        ...

    async def answer(self, task: Task, temperature: float, seed: int) -> Said:
        """One answer. Raises as `Model.ask`."""
        ...


class ModelSource:
    """A model that is asked by a preset.

    Args:
        model: Entered already.
        preset_name: Empty: as the kind of the model is asked by default.
    """

    has_temperature = True

    def __init__(self, model: Model, role: Role, *, preset_name: str = "", max_tokens: int, top_p: float) -> None:
        self.name = model.name
        self.role: Role = role
        self.width = model.width
        self._model = model
        self._preset: Preset = preset(preset_name or DEFAULT_PRESETS[model.name.partition("/")[0]])
        self._max_tokens = max_tokens
        self._top_p = top_p

    async def answer(self, task: Task, temperature: float, seed: int) -> Said:
        """Ask, and read the code out of what comes."""
        draw = Draw(
            temperature=temperature,
            seed=seed,
            max_tokens=self._max_tokens,
            top_p=self._top_p,
            stops=self._preset.stops(task),
        )
        reply = await self._model.ask(self._preset.prompt(task), draw)
        return Said(
            text=reply.text,
            code=self._preset.extract(task, reply.text),
            mean_logprob=reply.mean_logprob,
            details={
                "preset": self._preset.name,
                "top_p": self._top_p,
                "max_tokens": self._max_tokens,
                "finish_reason": reply.finish_reason,
            },
        )


class ProgramSource:
    """A program that knows the families: right as often as its skill says, wrong in ways that look right."""

    has_temperature = False
    width = 16  # what is said at once is also written at once

    def __init__(self, skill: str, role: Role, program_answer: ProgramAnswer) -> None:
        self._skill = skill_of(skill)
        self.name = f"program/{self._skill:g}"
        self.role: Role = role
        self._program_answer = program_answer

    async def answer(self, task: Task, temperature: float, seed: int) -> Said:
        """What it says is all code. Raises `RefusedError`: the task is none of the families'."""
        try:
            text = self._program_answer(task, self._skill, seed)
        except InputError as error:
            raise RefusedError(str(error), hint=error.hint) from error
        return Said(text=text, code=text, details={"skill": self._skill})


def skill_of(text: str) -> float:
    """A skill as it is written after `program:`.

    Raises:
        InputError: It is no number of 0 to 1.
    """
    try:
        skill = float(text)
    except ValueError:
        skill = -1.0
    if not 0 <= skill <= 1:
        raise InputError(f"a program's skill is a number of 0 to 1, not {text}", hint="for example program:0.8")
    return skill
