"""One evaluation: problems, answers, scores, and how they are shown."""

import contextlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from assistant.client import Assistant
from assistant.sandbox.programs import ProgramRunner
from assistant.sanitize import sanitize
from lsp.infilling.answers import Answer, Order, answers, append_answer, read_answers
from lsp.infilling.problems import Problem, read_problems
from lsp.infilling.scores import Score, Share, scores
from lsp.settings import Settings

ORDER_WORDS = {"spm": "suffix first", "psm": "prefix first"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One file of problems."""

    suite: str
    model: str
    scores: tuple[Score, ...]

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)


async def evaluate(
    assistant: Assistant, data: Path, orders: Sequence[Order], *, limit: int | None, out: Path | None, bar: Progress
) -> Evaluation:
    """Fill the holes of one file and run their tests; with `out` answers are kept, and those there are not asked again.

    Raises:
        CairnError: The file is not one of problems, or the daemon refuses.
    """
    problems = read_problems(data)[:limit]
    model = (await assistant.status()).model
    given = await _answers(assistant, problems, orders, read_answers(out, model) if out else [], out, bar)
    task = bar.add_task("running the tests", total=None)
    with ProgramRunner() as runner:
        found = scores(problems, given, runner)
    bar.remove_task(task)
    return Evaluation(suite=data.name.partition(".")[0], model=sanitize(model), scores=tuple(found))


async def _answers(
    assistant: Assistant,
    problems: Sequence[Problem],
    orders: Sequence[Order],
    known: Sequence[Answer],
    out: Path | None,
    bar: Progress,
) -> list[Answer]:
    task_ids = {problem.task_id for problem in problems}
    given = [answer for answer in known if answer.task_id in task_ids and answer.order in orders]
    done = {(answer.task_id, answer.order) for answer in given}
    task = bar.add_task("filling holes", total=len(problems) * len(orders), completed=len(given))
    for order in orders:
        left = [problem for problem in problems if (problem.task_id, order) not in done]
        async with contextlib.aclosing(answers(assistant, left, order, Settings())) as stream:
            async for answer in stream:
                given.append(answer)
                if out:
                    append_answer(out, answer)
                bar.advance(task)
    bar.remove_task(task)
    return given


def progress() -> Progress:
    """A bar on stderr, if that is a terminal."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def print_evaluation(evaluation: Evaluation) -> None:
    """A table for people."""
    num_problems = evaluation.scores[0].num_problems
    title = f"{evaluation.suite}: {num_problems} holes, {evaluation.model}, one greedy answer each"
    table = Table(title=title, caption="with 95 % Wilson intervals")
    for name in ("order", "rules"):
        table.add_column(name)
    for name in ("pass@1", "exact match"):
        table.add_column(name, justify="right")
    for score in evaluation.scores:
        rules = "on" if score.has_rules else "off"
        table.add_row(ORDER_WORDS[score.order], rules, _words(score.pass_at_1), _words(score.exact_match))
    Console().print(table)


def _words(share: Share) -> str:
    return f"{share.value:.1%} ({share.low:.1%} to {share.high:.1%})"
