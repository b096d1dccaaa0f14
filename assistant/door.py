"""A command group that names commands of other rooms and opens a room only when its command is called for."""

import importlib
from collections.abc import Mapping
from typing import Any

import click

_WIDEST = 160
"""A sentence is broken into lines rather than cut off."""


class Door(click.Group):
    """A group whose commands partly live in rooms.

    Args:
        rooms: "module:attribute" by command.
        summaries: What the help says of each, so that it need not load them.
    """

    def __init__(self, *args: Any, rooms: Mapping[str, str], summaries: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rooms = rooms
        self.summaries = summaries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, without importing one."""
        return sorted({*super().list_commands(ctx), *self.rooms})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command; a room's is imported now."""
        if cmd_name not in self.rooms:
            return super().get_command(ctx, cmd_name)
        module, _, name = self.rooms[cmd_name].partition(":")
        return getattr(importlib.import_module(module), name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called; of an unknown one, the nearest names, those of rooms among them."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(args[0], possibilities=self.list_commands(ctx), ctx=ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line a command."""
        rows = [
            (name, self.summaries[name] if name in self.rooms else self.commands[name].get_short_help_str(_WIDEST))
            for name in self.list_commands(ctx)
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
