"""The door: `cairn lsp`. Nothing heavy is imported before the command runs."""

import click

from assistant.door import Door


@click.group(
    cls=Door,
    rooms={"explain": "lsp.explain_commands:explain"},
    summaries={"explain": "Show what the model would see at a cursor, and why."},
    invoke_without_command=True,
)
@click.option("--stdio", is_flag=True, help="Speak on stdin and stdout. Always so; editors like to say it.")
@click.option("--clientProcessId", "client_process_id", type=int, hidden=True, help="Same as processId of initialize.")
@click.pass_context
def lsp(context: click.Context, stdio: bool, client_process_id: int | None) -> None:
    """Run the language server on stdin and stdout, for an editor."""
    if context.invoked_subcommand is not None:
        return
    from assistant.client import connect
    from lsp.server import build_server

    server = build_server(connect())
    server.start_io()
    raise SystemExit(server.exit_code)
