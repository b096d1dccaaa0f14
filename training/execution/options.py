"""Options that all commands share that run programs. Imported by doors: nothing heavy here."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def file_option(name: str, *, text: str, required: bool = True) -> Decorator:
    """A path to rows."""
    return click.option(name, type=click.Path(path_type=Path, dir_okay=False), required=required, help=text)


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Where programs run."""
    for option in (
        click.option("--address", default="", help="Of a running Ray cluster; without it one is started here."),
        click.option("--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True),
        click.option(
            "--workers",
            type=click.IntRange(min=1),
            default=lambda: os.cpu_count() or 1,
            show_default="processors",
            help="Sandbox workers of this machine.",
        ),
    ):
        command = option(command)
    return command


json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
