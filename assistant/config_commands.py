"""`cairn config`: which setting comes from where, and changing one."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from assistant.errors import ConfigError


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_context
def config(context: click.Context, as_json: bool) -> None:
    """Show the settings and where each comes from; change one."""
    if context.invoked_subcommand is None:
        context.invoke(show, as_json=as_json)


@config.command()
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def show(as_json: bool) -> None:
    """The settings as they hold in this folder, and where each comes from."""
    from dataclasses import asdict

    from assistant.config import effective
    from assistant.reports import print_settings

    settings = effective(folder=Path.cwd())
    click.echo(json.dumps([asdict(s) for s in settings])) if as_json else print_settings(settings)


@config.command()
def path() -> None:
    """Where your settings file is, or would be."""
    from assistant import paths

    click.echo(paths.config_file())


@config.command()
def schema() -> None:
    """The JSON schema of the settings file, for editors."""
    from assistant.config.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2))


def _names(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    from assistant.config.settings import KINDS

    names = (".".join(kind.toml) for kind in KINDS.values() if not kind.is_table)
    return [name for name in names if name.startswith(begun)]


@config.command("set")
@click.argument("name", shell_complete=_names)
@click.argument("value")
def set_(name: str, value: str) -> None:
    """Set one setting; comments and all else in the file stay.

    NAME is as in the file: model, keys.preset, presets.review. Keys are words: "ctrl+j alt+enter".
    """
    from assistant import paths
    from assistant.config.change import set_setting

    set_setting(name, value, paths.config_file())


@config.command()
def edit() -> None:
    """Open the settings file in your editor; what would not load is not kept."""
    from assistant import paths
    from assistant.config import toml_file
    from assistant.config.change import replace
    from assistant.config.schema import commented_defaults

    file = paths.config_file()
    text = toml_file.read(file) or commented_defaults()
    while edited := click.edit(text, extension=".toml"):
        faults = list(toml_file.faults(edited, file))
        if not faults:
            replace(file, edited)
            return
        _show(faults[1:] if not sys.stdin.isatty() else faults)
        text = edited
        if not (sys.stdin.isatty() and click.confirm("Edit again? The settings are as they were", default=True)):
            raise faults[0]
    click.echo("nothing was changed", err=True)


def _show(faults: "list[ConfigError]") -> None:
    from assistant.sanitize import sanitize

    for fault in faults:
        click.echo(sanitize(f"{fault}\n  {fault.hint}"), err=True)
