"""The door of `cairn stats`."""

import json
from pathlib import Path

import click


@click.command()
@click.option("--days", type=click.IntRange(1, 365), default=30, show_default=True, help="How far to look back.")
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
@click.option("--plot", metavar="FILE.svg", type=click.Path(path_type=Path), help="Save them as a picture.")
@click.option("--clear", is_flag=True, help="Forget everything that was noted.")
def stats(days: int, as_json: bool, plot: Path | None, clear: bool) -> None:
    """Show how many suggestions of the editors you accept, and what of them you keep.

    What becomes of a suggestion is noted on this machine, with time, language, model and lengths; never its text.
    """
    import time

    from assistant import paths
    from lsp.acceptance.report import as_json as json_of
    from lsp.acceptance.report import drawn, print_summary
    from lsp.acceptance.store import delete_files, opened
    from lsp.acceptance.summary import summarize

    if plot and plot.suffix != ".svg":
        raise click.BadParameter("end it in .svg", param_hint="--plot")
    file = paths.acceptance_file()
    if clear:
        delete_files(file)
        click.echo("forgotten")
        return
    with opened(file) as connection:
        summary = summarize(connection, num_days=days, now=time.time())
    if plot:
        from assistant.picture import save_svg

        save_svg(drawn(summary), plot, title="cairn stats")
    if as_json:
        click.echo(json.dumps(json_of(summary)))
    else:
        print_summary(summary)
