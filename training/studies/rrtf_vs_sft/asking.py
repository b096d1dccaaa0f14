"""A checkpoint answers problems: for candidates, and to be measured."""

from collections.abc import Sequence
from pathlib import Path

from training.model import load_student
from training.presets import preset
from training.problems import Problem, as_task
from training.sampling import Request, sample
from training.studies.rrtf_vs_sft.base import PRESET, prompt_text

Asked = tuple[Problem, float]
"""A problem, and the temperature."""


def ask(checkpoint: Path, asked: Sequence[Asked], *, max_new_tokens: int, seed: int) -> tuple[list[str], float]:
    """The programs in its answers, in their order, and how many tokens an answer has in the mean."""
    model, codec = load_student(checkpoint)
    requests = [Request(prompt=tuple(codec.encode(prompt_text(each))), temperature=warmth) for each, warmth in asked]
    texts = sample(model, codec, requests, max_new_tokens=max_new_tokens, seed=seed)
    read = preset(PRESET).extract
    programs = [read(as_task(problem), text) for (problem, _), text in zip(asked, texts, strict=True)]
    return programs, sum(len(codec.encode(text)) for text in texts) / len(texts)
