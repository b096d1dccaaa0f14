"""The door: `cairn lsp`. Nothing heavy is imported before the command runs."""

import gc

import click

from assistant.door import Door

_PORT = click.IntRange(0, 65535)


@click.group(
    cls=Door,
    rooms={"explain": "lsp.explain_commands:explain"},
    summaries={"explain": "Show what the model would see at a cursor, and why."},
    invoke_without_command=True,
)
@click.option("--stdio", is_flag=True, help="Speak on stdin and stdout. The default; editors like to say it.")
@click.option("--tcp", "tcp_port", type=_PORT, help="Serve editors on this port of this machine; 0 takes a free one.")
@click.option("--ws", "websocket_port", type=_PORT, help="The same by websocket.")
@click.option("--clientProcessId", "client_process_id", type=int, hidden=True, help="Same as processId of initialize.")
@click.pass_context
def lsp(
    context: click.Context,
    stdio: bool,
    tcp_port: int | None,
    websocket_port: int | None,
    client_process_id: int | None,
) -> None:
    """Run the language server for an editor, or on a port for any number of them."""
    if context.invoked_subcommand is not None:
        return
    if stdio + (tcp_port is not None) + (websocket_port is not None) > 1:
        raise click.UsageError("--stdio, --tcp and --ws exclude each other")
    if tcp_port is not None:
        _serve_port("tcp", tcp_port)
    elif websocket_port is not None:
        _serve_port("ws", websocket_port)
    else:
        gc.disable()  # what is imported stays: to look through it meanwhile takes a tenth of the start
        from assistant.client import connect
        from lsp.server import build_server
        from lsp.transports.stdio import serve_stdio

        raise SystemExit(serve_stdio(build_server(connect())))


def _serve_port(scheme: str, port: int) -> None:
    import asyncio

    from assistant.client import connect
    from lsp.server import build_server
    from lsp.transports.ports import HOST, serve_tcp

    serve = serve_tcp
    if scheme == "ws":
        from lsp.transports.websocket import serve_websocket as serve

    def tell(port: int) -> None:
        click.echo(f"listening on {scheme}://{HOST}:{port}", err=True)

    asyncio.run(serve(lambda: build_server(connect()), port, tell))
