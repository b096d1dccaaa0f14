"""One evaluation from its problems to its scores. Asking a model is async; the sandbox is not; both show a bar."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.sandbox.programs import ProgramRunner
from training.asking.open import key_for, open_model
from training.asking.patience import Manners
from training.bar import bar
from training.evaluation.answering import Drawing, answers
from training.evaluation.conditions import LIMITS, conditions_of
from training.evaluation.grading import Graded, grade
from training.evaluation.samples import Sample, matched, read_samples
from training.evaluation.scores import Evaluation, evaluation, write_results
from training.evaluation.suites import Problem
from training.presets import preset

Draw = Callable[[ProgramRunner], list[Problem]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Answers that are there already."""

    samples: Path
    partial: bool
    name: Callable[[object], str]
    """How a task id of theirs is written among the problems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Answers of a model that is asked now."""

    source: str
    preset: str
    drawing: Drawing
    width: int
    save: Path | None


@dataclass(frozen=True, slots=True)
class Reference:
    """The suite's own solutions: a check of the harness, and of nothing else."""


Answers = Stored | Asked | Reference
Answered = tuple[str, list[Problem], list[Sample], dict[str, Any]]
"""Whose answers, to what, which, and how they came about."""


def run(
    suite: str, draw: Draw, source: Answers, *, ks: tuple[int, ...], results: Path | None, num_workers: int
) -> Evaluation:
    """Get answers, run their tests, count.

    Raises:
        CairnError: A file is not what it should be, the model cannot be asked, or the sandbox failed.
    """
    with ProgramRunner(num_workers) as runner:
        model, problems, samples, conditions = _answered(draw(runner), source)
        with bar("running the tests", len(samples)) as advance:
            graded: list[Graded] = grade(problems, samples, runner, advance)
    if results:
        write_results(results, graded)
    return evaluation(suite, model, graded, ks=ks, conditions=conditions | LIMITS)


def _answered(problems: list[Problem], source: Answers) -> Answered:
    match source:
        case Stored():
            samples = read_samples(source.samples, source.name)
            problems = matched(problems, samples, partial=source.partial)
            return source.samples.name, problems, samples, {"answers": source.samples.name}
        case Asked():
            return asyncio.run(_ask(problems, source))
        case Reference():
            samples = [Sample(task_id=each.task_id, completion=each.reference) for each in problems]
            return "the suite's own solutions", problems, samples, {}


async def _ask(problems: Sequence[Problem], source: Asked) -> Answered:
    chosen = preset(source.preset)
    model = open_model(source.source, Manners(width=source.width), key=key_for([source.source]))
    async with model:
        with bar("answering", len(problems) * source.drawing.num_samples) as advance:
            samples = await answers(problems, model, chosen, source.drawing, save=source.save, on_progress=advance)
        name = model.name
    return name, list(problems), samples, conditions_of(chosen, source.drawing, problems[0])
