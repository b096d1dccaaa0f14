"""The door to verification: `cairn convert verify`. Everything heavy is imported when the command runs."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from convert.quality.verify import Predictor


@click.command(short_help="Compare the predictions of two models.")
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", metavar="B.gguf", type=click.Path(path_type=Path))
@click.option(
    "--text", "texts", multiple=True, type=click.Path(path_type=Path), help="What both read.  [default: our own code]"
)
@click.option(
    "--chunks", type=click.IntRange(1), help="Stop after so many times 512 tokens.  [default: the whole text]"
)
@click.option("--plot", metavar="FILE.svg", type=click.Path(path_type=Path), help="Save the report as a picture.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def verify(a: Path, b: Path, texts: tuple[Path, ...], chunks: int | None, plot: Path | None, as_json: bool) -> None:
    """Measure how far the predictions of B are from those of A, the reference.

    A is an F32 or F16 GGUF file, or the Hugging Face folder B was made from (that needs the extra [train]).
    """
    import dataclasses
    import json

    from rich.console import Console
    from rich.progress import MofNCompleteColumn

    from assistant.picture import save_svg
    from convert.progress import showing
    from convert.quality.corpus import read_texts
    from convert.quality.verify import compare, open_gguf, own_source
    from convert.quality.verify_report import report

    if plot and plot.suffix != ".svg":
        raise click.BadParameter("end it in .svg", param_hint="--plot")
    with ExitStack() as stack:
        tested = stack.enter_context(open_gguf(b))
        reference = _open_folder(a) if a.is_dir() else stack.enter_context(open_gguf(a))
        advance = stack.enter_context(showing(MofNCompleteColumn(), "chunks"))
        found = compare(
            reference,
            tested,
            read_texts(texts) if texts else [own_source()],
            most_chunks=chunks,
            progress=advance,
        )
    if plot:
        save_svg(report(found), plot, title="cairn convert verify")
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(found)))
    else:
        Console(highlight=False).print(report(found))


def _open_folder(folder: Path) -> "Predictor":
    from assistant.errors import CairnError

    try:
        from convert.quality.transformers_logits import open_folder
    except ModuleNotFoundError as error:
        hint = "pip install 'cairn-coder[train]', or give an F32 GGUF file as the reference"
        raise CairnError(f"{error.name} is needed to compute a folder's logits", hint=hint) from error
    return open_folder(folder)
