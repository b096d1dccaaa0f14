"""The door of the filter: `cairn train filter`."""

import json
from pathlib import Path

import click

_PATH = click.Path(path_type=Path)


@click.command("filter")
@click.option("--in", "source", type=_PATH, required=True, help="JSONL: problems, answers, ranked rows.")
@click.option("--against", type=_PATH, multiple=True, help="HumanEval, its infilling kin or MBPP, .gz too; repeatable.")
@click.option("--out", type=_PATH, required=True, help="The rows that stay; replaced in one step.")
@click.option("--report", type=_PATH, help="Every removed row, and why.  [default: filtered.json beside --out]")
@click.option(
    "--near",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.7,
    show_default=True,
    help="Jaccard similarity of word 5-grams from which on two problems are one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def filter_(
    source: Path, against: tuple[Path, ...], out: Path, report: Path | None, near: float, as_json: bool
) -> None:
    """Leave out what is there twice, nearly twice, or in a benchmark."""
    from training.filtering.report import print_report
    from training.filtering.run import filter_file

    done = filter_file(source, against, out, report or out.with_name("filtered.json"), near)
    if as_json:
        click.echo(json.dumps(done.counts()))
        return
    print_report(done)
