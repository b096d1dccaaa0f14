"""The door of `cairn bench lsp`. Everything heavy is imported when the command runs."""

import click


@click.command("lsp")
@click.option("--keys", type=click.IntRange(20), default=400, show_default=True, help="Keys to type in each document.")
@click.option("--starts", type=click.IntRange(1), default=7, show_default=True, help="Starts of the server.")
@click.option("--files", type=click.IntRange(1), default=5000, show_default=True, help="Files in the index.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def bench_lsp(keys: int, starts: int, files: int, as_json: bool) -> None:
    """Type into the language server without a model, beside pygls's own store."""
    import json

    from rich.console import Console

    from assistant.bench import sheet
    from lsp.bench.latency import measure
    from lsp.bench.report import latency_sheet

    with Console(stderr=True).status("") as status:
        measured = measure(
            keys=keys,
            starts=starts,
            files=files,
            progress=lambda what, done, total: status.update(f"{what}: {done} of {total}"),
        )
    report = [latency_sheet(measured)]
    click.echo(json.dumps({"sheets": sheet.as_json(report)})) if as_json else sheet.print_sheets(report)
