"""Under which conditions answers came about, in words: a score says nothing without them."""

from typing import Any

from assistant.protocol import Message
from training.asking.model import Prompt
from training.evaluation.answering import Drawing
from training.evaluation.replay import CPU_S
from training.evaluation.suites import Problem
from training.presets import Preset

_AS_IT_CAME = "the answer as it came, up to the first stop"
_FENCED = "the code block that defines the function, without calls that only show it; imports of the prompt before it"
EXTRACTION = {"wizardcoder": _FENCED, "chat": _FENCED}
LIMITS = {"cpu_limit_s": CPU_S}
"""Of a program with all its tests. A limit of processor time: a loaded machine does not shorten it."""


def conditions_of(preset: Preset, drawing: Drawing, example: Problem) -> dict[str, Any]:
    """All that a reader needs to get the same answers; `example` shows the prompt."""
    task = example.task()
    return {
        "preset": preset.name,
        "stops": list(preset.stops(task)),
        "extraction": EXTRACTION.get(preset.name, _AS_IT_CAME),
        "temperature": drawing.temperature,
        "top_p": drawing.top_p,
        "max_tokens": drawing.max_tokens,
        "seed": drawing.seed,
        "example_prompt": _words(preset.prompt(task)),
    } | LIMITS


def _words(prompt: Prompt) -> str:
    if isinstance(prompt, str):
        return prompt
    return "\n".join(f"[{turn.role}]\n{turn.content}" for turn in prompt if isinstance(turn, Message))
