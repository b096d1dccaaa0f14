"""The door: `cairn lsp explain`."""

import click


@click.command()
@click.argument("place", metavar="FILE:LINE:COL")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def explain(place: str, as_json: bool) -> None:
    """Show what the model would see at a cursor, with token counts, and why."""
    import asyncio
    import json

    from rich.console import Console

    from assistant.client import connect
    from lsp.explain import Explanation, explain
    from lsp.explain_report import as_json as json_of
    from lsp.explain_report import print_explanation

    async def ask() -> Explanation:
        assistant = connect()
        try:
            return await explain(place, assistant)
        finally:
            await assistant.aclose()

    explanation = asyncio.run(ask())
    if as_json:
        click.echo(json.dumps(json_of(explanation)))
    else:
        print_explanation(explanation, Console())
