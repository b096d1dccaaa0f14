"""What the model puts into the holes: one greedy answer each, kept in a file as it comes."""

import json
from collections.abc import AsyncGenerator, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from assistant.client import Assistant
from assistant.errors import InputError
from lsp.completion import fim_request, suggestion
from lsp.infilling.problems import Problem
from lsp.settings import Settings

Order = Literal["spm", "psm"]
"""Suffix first, prefix first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One hole, filled."""

    model: str
    task_id: str
    order: Order
    raw: str
    """What the model wrote."""
    shown: str
    """What the rules left of it: what an editor would have shown."""


async def answers(
    assistant: Assistant, problems: Iterable[Problem], order: Order, settings: Settings
) -> AsyncGenerator[Answer]:
    """Fill every hole, one after the other, as an editor asks. Raises `CairnError`."""
    model = (await assistant.status()).model
    for problem in problems:
        request = replace(fim_request(problem.hole, settings), order=order)
        completion = await assistant.complete(request)
        shown = suggestion(problem.hole, completion)
        yield Answer(model=model, task_id=problem.task_id, order=order, raw=completion.text, shown=shown)


def read_answers(file: Path, model: str) -> list[Answer]:
    """What an earlier run with this model left; half a line at the end, of one that was ended, is cut off.

    Raises:
        InputError: The file holds something else.
    """
    if not file.exists():
        return []
    with file.open("r+b") as lines:
        data = lines.read()
        lines.truncate(data.rfind(b"\n") + 1)
    try:
        rows = [Answer(**json.loads(line)) for line in data[: data.rfind(b"\n") + 1].splitlines()]
    except (ValueError, TypeError):
        raise InputError(f"{file} holds something else than answers", hint="name another file for them") from None
    return [row for row in rows if row.model == model]


def append_answer(file: Path, answer: Answer) -> None:
    """Add one line."""
    with file.open("a") as lines:
        lines.write(json.dumps(asdict(answer)) + "\n")
