"""`cairn convert adapter`: a LoRA adapter as a file of its own."""

from pathlib import Path

import click

_PATH = click.Path(path_type=Path)


@click.command(short_help="Convert a PEFT LoRA folder.")
@click.argument("src", type=_PATH)
@click.argument("dst", metavar="DST.gguf", type=_PATH)
@click.option("--base", type=_PATH, help="Folder of the base model; by default the one the adapter names.")
@click.option("--type", "file_type", type=click.Choice(["F32", "F16"]), default="F32", show_default=True)
@click.option("--name", default="", help="The adapter's name; by default the folder's.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def adapter(src: Path, dst: Path, base: Path | None, file_type: str, name: str, as_json: bool) -> None:
    """Convert the PEFT LoRA folder SRC to a GGUF adapter."""
    convert_to_adapter(src, dst, file_type, base, name, as_json)


def convert_to_adapter(src: Path, dst: Path, file_type: str, base: Path | None, name: str, as_json: bool) -> None:
    """Convert an adapter and say what was made; `cairn convert` comes here too when its source is one."""
    import dataclasses
    import json

    from rich.filesize import decimal

    from convert.lora.adapter_file import convert_adapter

    result = convert_adapter(src, dst, file_type, base=base, name=name)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(result)))
        return
    click.echo(f"{dst}: adapter, {file_type}, {result.num_tensors // 2} pairs, {decimal(result.num_bytes)}")
