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
    "completion": "assistant.about_commands:completion",
    "config": "assistant.config_commands:config",
    "convert": "convert.commands:convert",
    "doctor": "assistant.about_commands:doctor",
    "eval": "assistant.eval_commands:evaluate",
    "logs": "assistant.about_commands:logs",
    "lsp": "lsp.commands:lsp",
    "man": "assistant.about_commands:man",
    "models": "assistant.model_commands:models",
    "sessions": "assistant.session_commands:sessions",
    "stats": "lsp.stats_commands:stats",
    "train": "training.commands:train",
}
"""Commands that live in their rooms, loaded only when called for."""

SUMMARIES = {
    "bench": "Measure speed and memory on this machine.",
    "completion": "Print what teaches your shell to complete cairn's commands.",
    "config": "Show the settings and where each comes from; change one.",
    "convert": "Turn a Hugging Face folder into a GGUF file.",
    "doctor": "Say what is installed, found, fast and missing.",
    "eval": "Measure what a model can do, by tests.",
    "logs": "Show what the daemon and its engine have written last.",
    "lsp": "Run the language server on stdio, for editors.",
    "man": "Show the manual page.",
    "models": "List, find, fetch, import, choose, check and remove models.",
    "sessions": "Find, read, name, save and forget your chats.",
    "stats": "Show how many suggestions you accept and keep.",
    "train": "Make a model: pretrain, instruct, rank, fine-tune.",
}
"""What `cairn --help` says of them, so that it need not load them."""


@click.group(
    cls=Door,
    rooms=ROOMS,
    summaries=SUMMARIES,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option("--version", "is_version", is_flag=True, help="Show the version; with --json, of what it stands on, too.")
@click.option("--json", "as_json", is_flag=True, hidden=True)
@click.pass_context
def cli(context: click.Context, debug: bool, is_version: bool, as_json: bool) -> None:
    """Cairn: a code assistant that stays on your machine.

    Without a command it opens the chat. The network is used by `models search` and
    `models pull` alone, unless the setting `endpoint` names a server.
    """
    if is_version:
        _tell_version(as_json)
        context.exit()
    if context.invoked_subcommand is None:
        if not _has_terminal():
            click.echo(context.get_help())
            return
        welcome()
        context.invoke(chat)


def welcome() -> None:
    """Before the first chat, let a person without a model choose one."""
    from assistant.first_offers import first_offers, this_machine
    from assistant.tui.first_run import choose, choose_plainly

    offers = first_offers()
    if not offers:
        return
    if os.environ.get("ACCESSIBLE"):
        taken = choose_plainly(offers, this_machine(), click.echo, input)
    else:
        taken = choose(offers, this_machine())
    for arguments in taken.commands if taken else ():
        cli.main(list(arguments), "cairn", standalone_mode=False)


def _has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _tell_version(as_json: bool) -> None:
    if not as_json:
        return click.echo(f"cairn, version {__version__}")
    import platform
    from importlib import metadata

    stands_on = {name: metadata.version(name) for name in ("llama-cpp-python", "textual", "pygls")}
    return click.echo(json.dumps({"cairn": __version__, "python": platform.python_version(), **stands_on}))


@cli.command()
@click.option("--plain", is_flag=True, help="Lines instead of a screen: for screen readers, dumb terminals, pipes.")
@click.option("--web", is_flag=True, help="In a browser of this machine, at a secret address that is printed.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Of --web.  [default: a free one]")
@click.option("-c", "--continue", "is_continued", is_flag=True, help="Go on with the last chat.")
@click.option("--resume", metavar="[CHAT]", is_flag=False, flag_value="", help="Go on with this chat, or choose one.")
def chat(
    plain: bool = False, web: bool = False, port: int = 0, is_continued: bool = False, resume: str | None = None
) -> None:
    """Chat in the terminal.

    ACCESSIBLE=1, TERM=dumb and a pipe mean --plain, too; NO_COLOR=1 leaves the screen without colours.
    """
    from assistant import config
    from assistant.client import connect
    from assistant.tui.plain import run_plain_chat, wants_plain
    from assistant.tui.settings import chat_settings

    if web:
        return _chat_in_browser(port)
    begin = _resumed(is_continued, resume)
    settings = chat_settings(config.load(folder=Path.cwd()))
    if plain or wants_plain(os.environ, is_terminal=_has_terminal()):
        run_plain_chat(connect(), settings, begin=begin)
    else:
        from assistant.tui.app import run_chat

        run_chat(connect(), settings, begin=begin)
    return None


def _resumed(is_last: bool, name: str | None) -> str:
    """The command with which a chat begins that goes on with an old one; "" begins a new one."""
    if not is_last and name is None:
        return ""
    from assistant import paths
    from assistant.chats.store import Chats

    chats = Chats(paths.chats_file())
    found = chats.last().id if is_last else chats.find(name).id if name else ""
    return f"/resume {found}".strip()


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
@click.option("-c", "--continue", "is_continued", is_flag=True, help="Ask in the last chat, after all that was said.")
@click.option("--no-save", is_flag=True, help="Keep neither question nor answer.")
def ask(question: str | None, files: tuple[Path, ...], as_json: bool, is_continued: bool, no_save: bool) -> None:
    """Ask once; the answer is streamed to stdout. Text on stdin belongs to the question.

    Both are kept: `cairn ask -c` and `cairn chat -c` go on with them.
    """
    from assistant import paths
    from assistant.ask import ask_once, exchange_for, question_text
    from assistant.chats.recorder import Recorder
    from assistant.chats.store import Chats

    text = question_text(question, files, None if sys.stdin.isatty() else sys.stdin)
    exchange = exchange_for(text, Chats(paths.chats_file()), is_continued=is_continued)
    recorder = None if no_save else Recorder(paths.chats_file())
    run(lambda client: ask_once(client, exchange, as_json=as_json, recorder=recorder))


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
    limit = config.load(folder=Path.cwd()).completion_tokens
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
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        click.echo(sanitize(_two_lines(error)), err=True)
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
    except OSError as error:  # of a file that a person named, or of a disk: it says what, and has no hint of its own
        if is_debug:
            raise
        click.echo(sanitize(_of_the_system(error)), err=True)
        sys.exit(1)
    except Exception as error:
        if is_debug:
            raise
        click.echo(
            f"error: {type(error).__name__}: {error}\nhint: this is a bug; `cairn --debug …` shows where", err=True
        )
        sys.exit(1)


def _of_the_system(error: OSError) -> str:
    what = f"{str(error.filename)[:200]}: " if error.filename else ""
    return f"error: {what}{error.strerror or error}\nhint: check the path, its permissions, and the room on the disk"


def _two_lines(error: click.ClickException) -> str:
    """What click says in several lines, as all our errors are said."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    message = " ".join(error.format_message().split()).rstrip(".")
    usage = context.command_path if context else "cairn"
    return f"error: {message[:1].lower()}{message[1:]}\nhint: `{usage} --help` shows how it is used"
