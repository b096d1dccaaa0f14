"""The door of the room: `cairn convert …`. Everything heavy is imported when a command runs."""

from pathlib import Path

import click

from convert.adapter_commands import adapter, convert_to_adapter
from convert.file_types import DEFAULT_TYPE, FILE_TYPE_IDS
from convert.imatrix_commands import imatrix
from convert.verify_commands import verify

TYPES = click.Choice(list(FILE_TYPE_IDS))
TYPE = click.option("--type", "file_type", type=TYPES, default=DEFAULT_TYPE, show_default=True)
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


convert.add_command(adapter)
convert.add_command(imatrix)
convert.add_command(verify)


@convert.command(short_help="Convert a model; the name may be left out.")
@click.argument("src")
@click.argument("dst", metavar="DST.gguf", type=PATH)
@click.option("--type", "file_type", type=TYPES, help=f"[default: {DEFAULT_TYPE}; F32 for an adapter]")
@click.option("--name", default="", help="The model's name; by default the folder's.")
@click.option(
    "--imatrix", "weights", type=PATH, metavar="FILE", help="Importance matrix: spend the bits where it counts."
)
@click.option(
    "--merge-adapter", "lora", type=PATH, metavar="FOLDER", help="PEFT LoRA folder to merge into the weights."
)
@JSON
def checkpoint(
    src: str, dst: Path, file_type: str | None, name: str, weights: Path | None, lora: Path | None, as_json: bool
) -> None:
    """Convert SRC to a GGUF file.

    SRC is a Hugging Face folder, a hub id that lies in its cache already, or a PEFT LoRA folder.
    """
    import dataclasses
    import json

    from rich.filesize import decimal
    from rich.progress import DownloadColumn, TransferSpeedColumn

    from convert.conversion import convert_checkpoint
    from convert.lora.adapter import is_adapter, open_adapter
    from convert.progress import showing
    from convert.quality.imatrix import read_imatrix
    from convert.source.hub_cache import find_folder

    folder = find_folder(src)
    if is_adapter(folder):
        if weights or lora:
            raise click.UsageError("an adapter is neither weighed nor merged into: give the model's folder")
        return convert_to_adapter(folder, dst, file_type or "F32", None, name, as_json)
    importance = read_imatrix(weights) if weights else None
    merged = open_adapter(lora) if lora else None
    with showing(DownloadColumn(), TransferSpeedColumn()) as advance:
        result = convert_checkpoint(
            folder,
            dst,
            file_type or DEFAULT_TYPE,
            name=name,
            importance=importance,
            adapter=merged,
            progress=advance,
        )
    for warning in result.warnings:
        click.echo(f"warning: {warning}", err=True)
    if as_json:
        return click.echo(json.dumps(dataclasses.asdict(result)))
    speed = result.source_bytes / 1e9 / result.elapsed_s
    size = f"{decimal(result.num_bytes)}, {result.bits_per_weight} bits per weight"
    return click.echo(f"{dst}: {result.file_type}, {size}, {speed:.2f} GB/s of source")


@convert.command(short_help="Show size, memory and time beforehand.")
@click.argument("src")
@TYPE
@JSON
def plan(src: str, file_type: str, as_json: bool) -> None:
    """Show what converting SRC would give and cost; nothing is written."""
    import dataclasses
    import json

    from convert.estimate import estimate
    from convert.reports import print_estimate
    from convert.source.hub_cache import find_folder

    found = estimate(find_folder(src), file_type)
    click.echo(json.dumps(dataclasses.asdict(found))) if as_json else print_estimate(found)
