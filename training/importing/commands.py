"""The door of the importers: `cairn train import`."""

from pathlib import Path

import click

from training.results import print_result

FORMS = ("codealpaca", "humaneval", "mbpp")


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--form", type=click.Choice(FORMS), required=True, help="Whose public form FILE has.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="problems.jsonl; replaced in one step.")
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Sandbox processes.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def import_(file: Path, form: str, out: Path, workers: int, as_json: bool) -> None:
    """Read a public data set, JSON or JSONL, plain or .gz, into problems with checks."""
    from training.importing.run import import_file

    print_result(import_file(file, form, out, workers), as_json=as_json)
