"""The door of `cairn bench convert`. Everything heavy is imported when the command runs."""

from pathlib import Path

import click

from convert.bench.shapes import SHAPES
from convert.file_types import FILE_TYPE_IDS

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("convert")
@click.option("--shape", type=click.Choice(list(SHAPES)), default="starcoder-100m", show_default=True)
@click.option("--type", "file_types", type=click.Choice(list(FILE_TYPE_IDS)), multiple=True, default=["Q4_K_M"])
@click.option(
    "--vocabulary", type=click.Path(path_type=Path), help="A GGUF file with the tokenizer to use; else the built-in's."
)
@click.option("--folder", type=_FOLDER, help="Where checkpoint and results go; else a temporary folder.")
@click.option("--keep", is_flag=True, help="Leave the files in --folder; a checkpoint there is used again.")
@click.option("--peer", "tree", type=_FOLDER, help="A source tree of llama.cpp to compare with; needs [train].")
@click.option("--peer-build", "build", type=_FOLDER, help="Its build folder, which has bin/llama-quantize.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def bench_convert(
    shape: str,
    file_types: tuple[str, ...],
    vocabulary: Path | None,
    folder: Path | None,
    keep: bool,
    tree: Path | None,
    build: Path | None,
    as_json: bool,
) -> None:
    """Make a random checkpoint of a real shape, convert it, and measure."""
    if keep and folder is None:
        raise click.UsageError("--keep needs --folder")
    if (tree is None) != (build is None):
        raise click.UsageError("--peer and --peer-build belong together")

    import dataclasses
    import json
    import tempfile

    from rich.progress import TimeElapsedColumn

    from assistant.paths import BUILTIN_MODEL
    from convert.bench import run
    from convert.bench.table import print_report
    from convert.progress import showing

    with (
        showing("{task.description}", TimeElapsedColumn()) as advance,
        tempfile.TemporaryDirectory(prefix="cairn-bench-") as temporary,
    ):
        report = run.bench_convert(
            SHAPES[shape],
            file_types,
            vocabulary=vocabulary or BUILTIN_MODEL,
            folder=folder or Path(temporary),
            keep=keep,
            peer=run.Peer(tree, build) if tree and build else None,
            progress=lambda step, done, total: advance(done, total, step),
        )
    click.echo(json.dumps(dataclasses.asdict(report))) if as_json else print_report(report)
