"""What is said of Cairn itself: `cairn doctor`, `cairn logs`, `cairn completion`, `cairn man`."""

from __future__ import annotations  # Check is a name for the type checker only

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from assistant.doctor.check import Check


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON.")
@click.option("--report", is_flag=True, help="Print a block for a bug report: no names, no folders.")
@click.option("--full", is_flag=True, help="Hash every model, too.")
def doctor(as_json: bool, report: bool, full: bool) -> None:
    """Say what is installed, found, fast and missing. It starts the daemon and asks the model for 20 tokens."""
    from dataclasses import asdict

    from rich.console import Console

    from assistant.doctor.examination import examine
    from assistant.doctor.report import Person, bug_report, print_check

    console = Console(highlight=False)
    checks: list[Check] = []
    for check in examine(is_full=full):
        checks.append(check)
        if not (as_json or report):
            print_check(check, console)
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks]))
    elif report:
        click.echo(bug_report(checks, Person.here()))
    if not all(check.is_good for check in checks):
        raise click.exceptions.Exit(1)


@click.command()
@click.option("-f", "--follow", "is_followed", is_flag=True, help="Go on with what comes, until Ctrl+C.")
@click.option("-n", "--lines", "num_lines", type=click.IntRange(0), default=50, show_default=True, help="So many.")
def logs(is_followed: bool, num_lines: int) -> None:
    """Show what the daemon and its engine have written last."""
    from assistant import paths
    from assistant.logs import follow, tail

    file = paths.log_file()
    coming = follow(file)
    lines = tail(file, num_lines)
    if not (lines or is_followed):
        click.echo(f"nothing was logged yet, in {file}", err=True)
    for line in lines:
        click.echo(line)
    for line in coming if is_followed else ():
        click.echo(line)


HOW_TO_INSTALL = {
    "bash": """in ~/.bashrc: eval "$(cairn completion bash)\"""",
    "zsh": """in ~/.zshrc, after compinit: eval "$(cairn completion zsh)\"""",
    "fish": "once: cairn completion fish > ~/.config/fish/completions/cairn.fish",
}


@click.command()
@click.argument("shell", type=click.Choice(list(HOW_TO_INSTALL)))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what teaches your shell to complete cairn's commands; its first line says where to put it."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind, "click has the three of them"
    script = kind(context.find_root().command, {}, "cairn", "_CAIRN_COMPLETE").source()
    click.echo(f"# {HOW_TO_INSTALL[shell]}\n{script}")


@click.command()
@click.pass_context
def man(context: click.Context) -> None:
    """Show the manual page; in a pipe, its source: cairn man > ~/.local/share/man/man1/cairn.1."""
    import shutil
    import subprocess
    import sys

    from assistant.man_page import man_page

    page = man_page(context.find_root().command, "cairn")
    program = shutil.which("man")
    if program and sys.stdout.isatty():
        subprocess.run([program, "-l", "-"], input=page, text=True, check=False)  # noqa: S603 (the reader's own)
    else:
        click.echo(page, nl=False)
