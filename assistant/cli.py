"""The door: parse, call, report. Lazy here, eager in the rooms: `cairn --help` imports click and nothing heavy."""

from __future__ import annotations  # Assistant is a name for the type checker only

import json
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from assistant import __version__
from assistant.door import Door
from assistant.errors import CairnError
from assistant.sanitize import sanitize

if TYPE_CHECKING:
    from assistant.client import Assistant

T = TypeVar("T")

ROOMS = {
    "bench": "assistant.bench_commands:bench",
    "convert": "convert.commands:convert",
    "eval": "assistant.eval_commands:evaluate",
    "lsp": "lsp.commands:lsp",
    "models": "assistant.model_commands:models",
    "stats": "lsp.stats_commands:stats",
    "train": "training.commands:train",
}
"""Commands that live in their rooms, loaded only when called for."""

SUMMARIES = {
    "bench": "Measure speed and memory on this machine.",
    "convert": "Turn a Hugging Face folder into a GGUF file.",
    "eval": "Measure what a model can do, by tests.",
    "lsp": "Run the language server on stdio, for editors.",
    "models": "List, show, import and choose local models.",
    "stats": "Show how many suggestions you accept and keep.",
    "train": "Make a model: pretrain, instruct, rank, RRTF.",
}
"""What `cairn --help` says of them, so that it need not load them."""


@click.group(
    cls=Door,
    rooms=ROOMS,
    summaries=SUMMARIES,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="cairn")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def cli(context: click.Context, debug: bool) -> None:
    """Cairn: a code assistant that stays on your machine.

    Without a command it opens the chat. Nothing here uses the network, unless the setting `endpoint` names a server.
    """
    if context.invoked_subcommand is None:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            click.echo(context.get_help())
            return
        context.invoke(chat)


@cli.command()
@click.option("--plain", is_flag=True, help="Lines instead of a screen: for screen readers, dumb terminals, pipes.")
@click.option("--web", is_flag=True, help="In a browser of this machine, at a secret address that is printed.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Of --web.  [default: a free one]")
def chat(plain: bool = False, web: bool = False, port: int = 0) -> None:
    """Chat in the terminal.

    ACCESSIBLE=1, TERM=dumb and a pipe mean --plain, too; NO_COLOR=1 leaves the screen without colours.
    """
    from assistant import config
    from assistant.client import connect
    from assistant.tui.plain import run_plain_chat, wants_plain
    from assistant.tui.settings import ChatSettings

    if web:
        return _chat_in_browser(port)
    settings = ChatSettings(answer_tokens=config.load().answer_tokens)
    if plain or wants_plain(os.environ, is_terminal=sys.stdin.isatty() and sys.stdout.isatty()):
        run_plain_chat(connect(), settings)
    else:
        from assistant.tui.app import run_chat

        run_chat(connect(), settings)
    return None


def _chat_in_browser(port: int) -> None:
    import asyncio

    from assistant.errors import InputError

    try:
        from assistant.tui.web import serve
    except ModuleNotFoundError as error:
        raise InputError("the chat in a browser is not installed", hint="pip install 'cairn-coder[web]'") from error
    try:
        asyncio.run(serve(port, lambda address: click.echo(f"open {address}\nCtrl+C ends it", err=True)))
    except OSError as error:
        raise InputError(f"port {port} cannot be used: {error.strerror}", hint="leave --port out") from error


@cli.command()
@click.argument("question", required=False)
@click.option(
    "-f", "--file", "files", multiple=True, type=click.Path(path_type=Path), help="A file the question is about."
)
@click.option("--json", "as_json", is_flag=True, help="Print the answer and its timings as JSON.")
def ask(question: str | None, files: tuple[Path, ...], as_json: bool) -> None:
    """Ask once; the answer is streamed to stdout. Text on stdin belongs to the question."""
    from assistant.ask import ask_once, question_text

    text = question_text(question, files, None if sys.stdin.isatty() else sys.stdin)
    run(lambda client: ask_once(client, text, as_json=as_json))


@cli.command()
@click.argument("place", metavar="FILE:LINE:COL")
@click.option("--single-line", is_flag=True, help="Stop at the end of the line.")
@click.option("--json", "as_json", is_flag=True, help="Print the completion and its timings as JSON.")
def complete(place: str, single_line: bool, as_json: bool) -> None:
    """Fill the hole at a cursor. LINE and COL count from 1, in characters."""
    from assistant import config
    from assistant.hole import hole_at, parse_place
    from assistant.protocol import FimRequest, encode

    prefix, suffix = hole_at(*parse_place(place))
    limit = config.load().completion_tokens
    request = FimRequest(prefix=prefix, suffix=suffix, single_line=single_line, max_tokens=limit)
    completion = run(lambda client: client.complete(request))
    click.echo(json.dumps(encode(completion)) if as_json else sanitize(completion.text))


@cli.command()
@click.option("--detach", is_flag=True, help="Serve in the background; return when it listens.")
@click.option("--port", type=click.IntRange(1, 65535), help="Answer on this port of this machine, too.")
def serve(detach: bool, port: int | None) -> None:
    """Run the daemon. Other commands start it by themselves."""
    from dataclasses import replace

    from assistant import config
    from assistant.server.daemon import serve as serve_here
    from assistant.server.detach import serve_detached

    settings = config.load()
    settings = replace(settings, port=port or settings.port)
    serve_detached(settings) if detach else serve_here(settings, on_listening=lambda: _tell_port(settings.port))


def _tell_port(port: int) -> None:
    from assistant import paths

    if port:
        click.echo(f"http://127.0.0.1:{port}/v1 answers to who has the token in {paths.token_file()}", err=True)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def status(as_json: bool) -> None:
    """Show the running daemon: model, memory, slots, speed."""
    from assistant.protocol import encode
    from assistant.reports import print_status

    found = run(lambda client: client.status(), start=False)
    click.echo(json.dumps(encode(found))) if as_json else print_status(found)


@cli.command()
def stop() -> None:
    """End the running daemon."""
    import asyncio

    from assistant.client import stop_daemon

    click.echo("stopped" if asyncio.run(stop_daemon()) else "no daemon was running")


@cli.command()
def demo() -> None:
    """Complete three holes with the built-in model and show how fast it was."""
    from assistant.demo import show_demo

    run(show_demo)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def config(as_json: bool) -> None:
    """Show the effective settings and where each comes from."""
    from dataclasses import asdict

    from assistant.config import effective
    from assistant.reports import print_settings

    settings = effective()
    click.echo(json.dumps([asdict(s) for s in settings])) if as_json else print_settings(settings)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON.")
def doctor(as_json: bool) -> None:
    """Say what is installed, found, fast and missing."""
    from dataclasses import asdict

    from assistant.doctor import examine, print_checks

    checks = examine()
    click.echo(json.dumps([asdict(check) for check in checks])) if as_json else print_checks(checks)
    if not all(check.is_good for check in checks):
        raise click.exceptions.Exit(1)


def run(work: Callable[[Assistant], Coroutine[Any, Any, T]], *, start: bool = True) -> T:
    """Run `work(client)` against the daemon, or the endpoint of the settings, and close the connection."""
    import asyncio

    from assistant.client import connect

    async def with_client() -> T:
        async with connect(start=start, on_notice=lambda text: click.echo(text, err=True)) as client:
            return await work(client)

    return asyncio.run(with_client())


def main() -> None:
    """Run one command; turn an error the user can act on into two lines and an exit code."""
    is_debug = "--debug" in sys.argv
    try:
        code = cli.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output left: `cairn ask … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except CairnError as error:
        if is_debug:
            raise
        click.echo(sanitize(f"error: {error}\nhint: {error.hint}"), err=True)  # it may quote a file's name or text
        sys.exit(error.exit_code)
    except Exception as error:
        if is_debug:
            raise
        click.echo(
            f"error: {type(error).__name__}: {error}\nhint: this is a bug; `cairn --debug …` shows where", err=True
        )
        sys.exit(1)
