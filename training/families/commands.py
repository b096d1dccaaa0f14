"""`cairn train problems`."""

import json
from pathlib import Path

import click

SPLITS = ("train", "held_out_parameters", "held_out_families")


@click.command()
@click.option("--count", type=click.IntRange(min=1), default=1000, show_default=True, help="Rows in the whole file.")
@click.option("--split", type=click.Choice(SPLITS), default="train", show_default=True, help="What they are for.")
@click.option("--seed", type=int, default=0, show_default=True, help="Equal seeds give equal problems.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("problems.jsonl"), show_default=True)
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Sandboxes at work.")
@click.option("--list", "as_list", is_flag=True, help="Show the families instead.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def problems(count: int, split: str, seed: int, out: Path, workers: int, as_list: bool, as_json: bool) -> None:
    """Draw distinct problems with tests from the families; goes on where it was stopped."""
    from training.families.listing import family_rows, print_families
    from training.families.stage import write_problems

    if as_list:
        return click.echo(json.dumps(family_rows())) if as_json else print_families()
    report = write_problems(out, split, count, seed, num_workers=workers)
    if as_json:
        return click.echo(json.dumps(report))
    return click.echo("\n".join(f"{name}: {value}" for name, value in report.items()))
