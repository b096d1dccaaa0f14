"""The door of `cairn train evolve`. Everything heavy is imported late."""

from __future__ import annotations  # Report and Seeds are names for the type checker only

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from training.evolve.rounds import Report
    from training.evolve.seeds import Seeds

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("evolve")
@click.option("--in", "source", type=_FILE, required=True, help="Rows of tasks (.jsonl), or CodeAlpaca's form (.json).")
@click.option("--endpoint", metavar="SOURCE", required=True, help="Who rewrites: http://HOST:PORT/v1#MODEL, or daemon.")
@click.option("--rounds", "num_rounds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--temperature", type=click.FloatRange(0, 2), default=1.0, show_default=True)
@click.option("--max-tokens", type=click.IntRange(1), default=1024, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--concurrency", type=click.IntRange(1), default=8, show_default=True, help="Requests at a time.")
@click.option("--rate", "per_s", type=click.FloatRange(0), default=0.0, help="Requests a second.  [default: no limit]")
@click.option("--tries", type=click.IntRange(1), default=5, show_default=True, help="For one problem.")
@click.option("--limit", type=click.IntRange(1), help="Only the first so many problems.")
@click.option("--keep-seeds", is_flag=True, help="Put the problems that it begins with into the file, too.")
@click.option("--out", type=_FILE, required=True, help="Rows are added here; those that it has are not made again.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def evolve_command(
    source: Path,
    endpoint: str,
    num_rounds: int,
    temperature: float,
    max_tokens: int,
    seed: int,
    concurrency: int,
    per_s: float,
    tries: int,
    limit: int | None,
    keep_seeds: bool,
    out: Path,
    as_json: bool,
) -> None:
    """Let a model make harder problems of those there are, round by round; keep what is a problem (Evol-Instruct).

    CodeAlpaca is CC BY-NC: it does not come with Cairn, and rows that are made of it carry that licence.
    """
    import asyncio

    from training.asking.open import key_for, open_model
    from training.asking.patience import Manners, Patience
    from training.evolve.rounds import Evolution
    from training.evolve.seeds import read_seeds, write_seeds

    seeds = read_seeds(source)
    seeds.tasks = seeds.tasks[:limit]
    if keep_seeds:
        write_seeds(seeds, out)
    manners = Manners(width=concurrency, per_s=per_s, patience=Patience(max_tries=tries))
    evolution = Evolution(seeds.tasks, out, seed=seed)

    async def run() -> Report:
        async with open_model(endpoint, manners, key=key_for([endpoint])) as model:
            return await evolution.run(model, num_rounds=num_rounds, temperature=temperature, max_tokens=max_tokens)

    _print(seeds, asyncio.run(run()), out, as_json)


def _print(seeds: Seeds, report: Report, out: Path, as_json: bool) -> None:
    from training.evolve.rounds import left_out_file

    if as_json:
        counts: dict[str, Any] = {"read": seeds.num_read, "left_out": seeds.left_out, "used": len(seeds.tasks)}
        files = {"out": str(out), "left_out_file": str(left_out_file(out))}
        click.echo(json.dumps({"seeds": counts} | report.as_json() | files))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from assistant.sanitize import sanitize

    console = Console()
    console.print(f"{seeds.num_read} read, {len(seeds.tasks)} to begin with. Left out: {_listed(seeds.left_out)}")
    names = ["kept", *sorted({name for each in report.rounds.values() for name in each} - {"kept"})]
    table = Table("", *(f"round {number}" for number in report.rounds))
    for name in names:
        table.add_row(name.replace("_", " "), *(str(each[name]) for each in report.rounds.values()))
    console.print(table)
    console.print(f"kept, by heuristic: {_listed(report.kept)}")
    for reason, count in report.refused.most_common(3):
        console.print(Text(f"refused {count}: {sanitize(reason)}"))
    console.print(Text(f"{out}; what was left out: {left_out_file(out)}"))


def _listed(counts: Any) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.most_common()) or "nothing"
