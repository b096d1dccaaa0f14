"""The door of the room: `cairn convert …`. Everything heavy is imported when a command runs."""

from pathlib import Path
from typing import Any

import click

from convert.file_types import FILE_TYPE_IDS

TYPE = click.option("--type", "file_type", type=click.Choice(list(FILE_TYPE_IDS)), default="Q4_K_M", show_default=True)
JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
PATH = click.Path(path_type=Path)


class ConvertDoor(click.Group):
    """`cairn convert SRC DST` converts; `cairn convert plan …` and its like are commands of their own."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take a first word that names no command as SRC; a folder of such a name is given as ./plan."""
        is_command = args and args[0] in self.commands
        return super().resolve_command(ctx, args if is_command else ["checkpoint", *args])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let options stand before SRC."""
        is_option = args and args[0].startswith("-") and args[0] not in ("-h", "--help")
        return super().parse_args(ctx, ["checkpoint", *args] if is_option else args)


@click.group(cls=ConvertDoor, subcommand_metavar="SRC DST.gguf | COMMAND …")
def convert() -> None:
    """Make GGUF files: from a Hugging Face folder, a LoRA adapter; plan, weigh, verify.

    `cairn convert SRC DST.gguf --type TYPE` is short for `cairn convert checkpoint …`.
    """


@convert.command()
@click.argument("src", type=PATH)
@click.argument("dst", metavar="DST.gguf", type=PATH)
@TYPE
@click.option("--name", default="", help="The model's name; by default the folder's.")
@JSON
def checkpoint(src: Path, dst: Path, file_type: str, name: str, as_json: bool) -> None:
    """Convert SRC, a Hugging Face folder or a hub id that lies in its cache, to a GGUF file."""
    import dataclasses
    import json

    from rich.filesize import decimal

    from convert.conversion import convert_checkpoint
    from convert.hub_cache import find_folder

    with _bar("convert") as advance:
        result = convert_checkpoint(find_folder(str(src)), dst, file_type, name=name, progress=advance)
    for warning in result.warnings:
        click.echo(f"warning: {warning}", err=True)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(result)))
        return
    speed = result.source_bytes / 1e9 / result.elapsed_s
    size = f"{decimal(result.num_bytes)}, {result.bits_per_weight} bits per weight"
    click.echo(f"{dst}: {file_type}, {size}, {speed:.2f} GB/s of source")


@convert.command()
@click.argument("src", type=PATH)
@TYPE
@JSON
def plan(src: Path, file_type: str, as_json: bool) -> None:
    """Show what converting SRC would give and cost; nothing is written."""
    import dataclasses
    import json

    from convert.estimate import estimate
    from convert.reports import print_estimate

    found = estimate(src, file_type)
    click.echo(json.dumps(dataclasses.asdict(found))) if as_json else print_estimate(found)


def _bar(what: str) -> Any:
    """Show a bar with GB/s and the time left on stderr; gives a function of bytes done and in all."""
    from contextlib import contextmanager

    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    @contextmanager
    def showing() -> Any:
        columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        console = Console(stderr=True)
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task(what, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)

    return showing()
