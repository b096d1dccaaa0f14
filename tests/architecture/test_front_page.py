"""The front page knows every command, and no other."""

import re
from pathlib import Path

import click

from assistant.cli import ROOMS, cli
from assistant.man_page import commands

PAGE = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def test_every_command_is_on_the_front_page() -> None:
    """In the table; what a group holds is its room's to tell."""
    table = "\n".join(line for line in PAGE.splitlines() if line.startswith("| `cairn"))

    assert {name for name in {*cli.commands, *ROOMS} if f"`cairn {name}" not in table} == set()


def test_every_command_on_the_front_page_exists() -> None:
    """With its options, where it is shown as one types it."""
    known = {context.command_path: context for context in commands(click.Context(cli, info_name="cairn"))}
    shown = [line.split("cairn", 1)[1].split(" # ")[0].split() for line in PAGE.splitlines() if line.startswith("$ ")]
    called = [words for words in shown if words and not words[0].startswith((".", "/", "-"))]

    assert len(called) > 8
    for name, *words in called:
        below = [context.command for path, context in known.items() if f"{path} ".startswith(f"cairn {name} ")]
        options = {option for command in below for parameter in command.params for option in parameter.opts}
        assert below, name
        assert {word for word in words if re.fullmatch("--?[a-z]+", word)} <= options, words
