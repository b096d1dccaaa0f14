"""The door of `cairn eval infilling`. Nothing heavy is imported before the command runs."""

from pathlib import Path

import click


@click.command()
@click.option("--data", "files", type=click.Path(path_type=Path), multiple=True, required=True, help="JSONL, also .gz.")
@click.option("--order", "orders", type=click.Choice(["spm", "psm"]), multiple=True, default=["spm", "psm"])
@click.option("--limit", type=click.IntRange(1), help="Only the first so many problems of each file.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Keep the answers here, and go on there.")
@click.option("--json", "as_json", is_flag=True, help="Print the scores as JSON.")
def infilling(
    files: tuple[Path, ...], orders: tuple[str, ...], limit: int | None, out: Path | None, as_json: bool
) -> None:
    """Fill the holes of HumanEval-Infilling as the language server would, and run the tests of what comes out.

    The files are those of github.com/openai/human-eval-infilling (MIT). Model-written code runs in the sandbox.
    """
    import asyncio
    import json
    from typing import cast

    from assistant.client import connect
    from lsp.infilling.answers import Order
    from lsp.infilling.run import Evaluation, evaluate, print_evaluation, progress

    async def run() -> list[Evaluation]:
        client = connect()
        order_list = cast(tuple[Order, ...], orders)
        try:
            with progress() as bar:
                return [await evaluate(client, file, order_list, limit=limit, out=out, bar=bar) for file in files]
        finally:
            await client.aclose()

    found = asyncio.run(run())
    if as_json:
        click.echo(json.dumps([each.as_json() for each in found]))
        return
    for each in found:
        print_evaluation(each)
