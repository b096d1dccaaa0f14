"""The door of `cairn train sample`. Everything heavy is imported late."""

from __future__ import annotations  # Source, Report and Manners are names for the type checker only

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from training.answering.sample import Report
    from training.answering.sources import Source
    from training.asking.patience import Manners
    from training.rows import Role

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("sample")
@click.option("--problems", type=_FILE, required=True, help="Rows of tasks, as `cairn train problems` writes them.")
@click.option("--student", "students", metavar="SOURCE", multiple=True, help="May be given more than once.")
@click.option("--teacher", "teachers", metavar="SOURCE", multiple=True, help="May be given more than once.")
@click.option("--student-preset", default="", help="How students are asked.  [default: by kind of the source]")
@click.option("--teacher-preset", default="", help="How teachers are asked.  [default: by kind of the source]")
@click.option("--n", "num_each", type=click.IntRange(1), default=1, show_default=True, help="At each temperature.")
@click.option("--temperature", "temperatures", metavar="T[,T]", default="0.8", show_default=True)
@click.option("--top-p", type=click.FloatRange(0, 1, min_open=True), default=0.95, show_default=True)
@click.option("--max-tokens", type=click.IntRange(1), default=512, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--concurrency", type=click.IntRange(1), default=8, show_default=True, help="Requests to one source.")
@click.option("--rate", "per_s", type=click.FloatRange(0), default=0.0, help="Requests a second to one source.")
@click.option("--tries", type=click.IntRange(1), default=5, show_default=True, help="For one answer.")
@click.option("--timeout", "answer_s", type=click.FloatRange(1), default=300.0, show_default=True, help="Seconds.")
@click.option("--limit", type=click.IntRange(1), help="Only the first so many problems.")
@click.option("--out", type=_FILE, required=True, help="Answers are added here; those that it has are not asked again.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def sample_command(
    problems: Path,
    students: tuple[str, ...],
    teachers: tuple[str, ...],
    student_preset: str,
    teacher_preset: str,
    num_each: int,
    temperatures: str,
    top_p: float,
    max_tokens: int,
    seed: int,
    concurrency: int,
    per_s: float,
    tries: int,
    answer_s: float,
    limit: int | None,
    out: Path,
    as_json: bool,
) -> None:
    """Answer problems by students and teachers, N times at each temperature.

    SOURCE is `daemon` (`cairn serve` runs), FILE.gguf, an OpenAI-compatible server as http://HOST:PORT/v1#MODEL (its
    key in CAIRN_ENDPOINT_KEY), or program:SKILL, which knows the families and errs as often as its skill is below 1.
    """
    import asyncio
    from contextlib import AsyncExitStack

    from training.answering.sample import sample
    from training.asking.open import key_for
    from training.asking.patience import Manners, Patience
    from training.tables import read_tasks

    drawn_at = _temperatures(temperatures)
    named: list[tuple[Role, str, str]] = [("student", each, student_preset) for each in students]
    named.extend(("teacher", each, teacher_preset) for each in teachers)
    if not named:
        raise click.UsageError("name at least one --student or --teacher")
    tasks = read_tasks(problems)[:limit]
    key = key_for([source for _, source, _ in named])
    manners = Manners(width=concurrency, per_s=per_s, patience=Patience(max_tries=tries, answer_s=answer_s))

    async def run() -> Report:
        async with AsyncExitStack() as stack:
            sources: list[Source] = []
            for role, source, preset_name in named:
                one = await _opened(stack, role, source, preset_name, manners, key, max_tokens=max_tokens, top_p=top_p)
                if any(each.name == one.name for each in sources):
                    raise click.UsageError(f"two sources are called {one.name}")
                sources.append(one)
            return await sample(tasks, sources, out, temperatures=drawn_at, num_each=num_each, seed=seed)

    _print(asyncio.run(run()), out, as_json)


async def _opened(
    stack: AsyncExitStack,
    role: Role,
    source: str,
    preset_name: str,
    manners: Manners,
    key: str,
    *,
    max_tokens: int,
    top_p: float,
) -> Source:
    from training.answering.sources import ModelSource, ProgramSource
    from training.asking.open import open_model

    if source.startswith("program:"):
        from training.answering.programs import program_answer

        return ProgramSource(source.removeprefix("program:"), role, program_answer)
    model = await stack.enter_async_context(open_model(source, manners, key=key))
    return ModelSource(model, role, preset_name=preset_name, max_tokens=max_tokens, top_p=top_p)


def _temperatures(text: str) -> tuple[float, ...]:
    try:
        values = tuple(dict.fromkeys(float(each) for each in text.split(",")))
    except ValueError:
        values = ()
    if not values or not all(0 <= each <= 2 for each in values):
        raise click.BadParameter(f"numbers of 0 to 2, as 0.2,0.8; not {text}", param_hint="--temperature")
    return values


def _print(report: Report, out: Path, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report.as_json() | {"out": str(out)}))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from assistant.sanitize import sanitize

    table = Table("source", "answers", "without code", "cut off", "refused")
    for source in sorted({*report.answered, *report.refused}):
        counts = (report.answered[source], report.without_code[source], report.cut_off[source])
        refused = sum(report.refused.get(source, {}).values())
        table.add_row(Text(sanitize(source)), *map(str, counts), str(refused))
    console = Console()
    console.print(table)
    console.print(f"{report.num_wanted} wanted, {report.num_there} were there: ", Text(str(out)))
    for source, reasons in report.refused.items():
        for reason, count in reasons.most_common(3):
            console.print(Text(f"{sanitize(source)} refused {count}: {sanitize(reason)}"))
