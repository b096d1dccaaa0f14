"""The door of the repository miner: `cairn train from-repo`."""

import json
import sys
from pathlib import Path

import click

_PATH = click.Path(path_type=Path)


@click.command("from-repo")
@click.argument("repository", type=_PATH)
@click.option("--out", type=_PATH, required=True, help="problems.jsonl; replaced in one step.")
@click.option("--python", type=_PATH, help="What runs its tests.  [default: its .venv, or this one]")
@click.option("--tests", metavar="PATH", multiple=True, help="Only these of its tests, as pytest takes them.")
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Sandbox processes.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def from_repo(
    repository: Path, out: Path, python: Path | None, tests: tuple[str, ...], workers: int, as_json: bool
) -> None:
    """Make problems of REPOSITORY's functions: its tests say what they do.

    The tests run once, on a copy, in a box without a network. A function is asked for together with what it needs;
    what its tests call it with, and what it returned, are the checks.
    """
    from assistant.sandbox.programs import ProgramRunner
    from training.atomic import write_text
    from training.repository.mine import mine
    from training.repository.report import counts_of, print_mined
    from training.rows import to_json

    own = repository / ".venv" / "bin" / "python"
    with ProgramRunner(workers) as runner:
        mined = mine(repository, python or (own if own.exists() else Path(sys.executable)), runner, tests)
    write_text(out, "".join(json.dumps(to_json(task)) + "\n" for task in mined.tasks))
    if as_json:
        click.echo(json.dumps({"out": str(out), **counts_of(mined)}))
    else:
        print_mined(mined, out)
