"""The door to importance matrices: `cairn convert imatrix`. Everything heavy is imported when the command runs."""

from pathlib import Path

import click


@click.command(short_help="Weigh a model's columns by what matters on a corpus.")
@click.argument("model", metavar="MODEL.gguf", type=click.Path(path_type=Path))
@click.argument("corpus", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, metavar="FILE.gguf", type=click.Path(path_type=Path))
@click.option(
    "--chunk-size",
    type=click.IntRange(16, 8192),
    help="Tokens seen together.  [default: 512, or the model's context if that is less]",
)
@click.option("--chunks", type=click.IntRange(1), help="Stop after so many.  [default: the whole corpus]")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def imatrix(
    model: Path, corpus: tuple[Path, ...], output: Path, chunk_size: int | None, chunks: int | None, as_json: bool
) -> None:
    """Measure which columns of MODEL's weights matter on CORPUS: text files, or folders of source code.

    The result serves `cairn convert --imatrix` and llama-quantize. Best measured on the F32 or F16 file.
    """
    import dataclasses
    import json

    from rich.progress import MofNCompleteColumn

    from convert.progress import showing
    from convert.quality.activations import collect_imatrix

    with showing(MofNCompleteColumn(), "chunks") as advance:
        result = collect_imatrix(model, corpus, output, chunk_tokens=chunk_size, most_chunks=chunks, progress=advance)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(result)))
        return
    click.echo(f"{output}: {result.num_matrices} matrices, {result.num_chunks} chunks, {result.num_tokens} tokens")
    if result.num_unseen_experts:
        click.echo(f"note: {result.num_unseen_experts} experts saw no token; give more text", err=True)
