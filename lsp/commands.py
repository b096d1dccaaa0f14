"""The door: `cairn lsp`. Nothing heavy is imported before the command runs."""

import click


@click.command()
@click.option("--stdio", is_flag=True, help="Speak on stdin and stdout. Always so; editors like to say it.")
@click.option("--clientProcessId", "client_process_id", type=int, hidden=True, help="Same as processId of initialize.")
def lsp(stdio: bool, client_process_id: int | None) -> None:
    """Run the language server on stdin and stdout, for an editor."""
    from assistant.client import connect
    from lsp.server import build_server

    server = build_server(connect())
    server.start_io()
    raise SystemExit(server.exit_code)
