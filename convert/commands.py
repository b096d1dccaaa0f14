"""The door of the room: `cairn convert`. Everything heavy is imported when the command runs."""

from pathlib import Path

import click

from convert.type_rules import FILE_TYPE_IDS


@click.command()
@click.argument("src", type=click.Path(path_type=Path))
@click.argument("dst", metavar="DST.gguf", type=click.Path(path_type=Path))
@click.option("--type", "file_type", type=click.Choice(list(FILE_TYPE_IDS)), default="Q4_0", show_default=True)
@click.option("--name", default="", help="The model's name; by default the folder's.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def convert(src: Path, dst: Path, file_type: str, name: str, as_json: bool) -> None:
    """Convert the Hugging Face folder SRC to a GGUF file."""
    import dataclasses
    import json

    from rich.console import Console
    from rich.filesize import decimal
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    from convert.conversion import convert_checkpoint

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("convert", total=None)
        result = convert_checkpoint(
            src, dst, file_type, name=name, progress=lambda done, total: bar.update(task, completed=done, total=total)
        )
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(result)))
    else:
        speed = result.source_bytes / 1e9 / result.elapsed_s
        size = f"{decimal(result.num_bytes)}, {result.bits_per_weight} bits per weight"
        click.echo(f"{dst}: {file_type}, {size}, {speed:.2f} GB/s of source")
