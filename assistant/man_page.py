"""The manual page, made of what the commands say of themselves: one page, every command in it."""

import re
from collections.abc import Iterator

import click

from assistant import __version__


def man_page(root: click.Command, name: str) -> str:
    """The whole tree as one page in roff, as `man -l` reads it.

    Source: man(7), groff_man(7).
    """
    context = click.Context(root, info_name=name)
    about, _, rest = (root.help or "").partition("\n\n")
    about = about.partition(": ")[2].rstrip(".")
    lines = [
        f'.TH {name.upper()} 1 "" "{name} {__version__}"',
        ".SH NAME",
        f"{name} \\- {_text(about)}",
    ]
    lines += [".SH SYNOPSIS", f".B {name}", "[OPTIONS] [COMMAND] \\&...", ".SH DESCRIPTION", *_paragraphs(rest)]
    lines += [".SH OPTIONS", *_options(context), ".SH COMMANDS"]
    for command in commands(context):
        lines += _command(command)
    return "\n".join([*lines, ".SH EXIT STATUS", *EXIT_STATUS, ""])


EXIT_STATUS = (
    *(".TP", ".B 0", "done"),
    *(".TP", ".B 1", "failed; two lines on standard error say what happened and what to do"),
    *(".TP", ".B 2", "wrong usage"),
    *(".TP", ".B 130", "interrupted"),
)


def commands(context: click.Context) -> Iterator[click.Context]:
    """Every command below one, groups before what is in them, hidden ones left out."""
    group = context.command
    if not isinstance(group, click.Group):
        return
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command and not command.hidden:
            inner = click.Context(command, info_name=name, parent=context)
            yield inner
            yield from commands(inner)


def _command(context: click.Context) -> Iterator[str]:
    usage = " ".join(context.command.collect_usage_pieces(context))
    yield f'.SS "{_text(f"{context.command_path} {usage}")}"'
    yield from _paragraphs(context.command.help or "")
    yield from _options(context)


def _options(context: click.Context) -> Iterator[str]:
    """What there is to set; that there is `--help` need be said once."""
    for parameter in context.command.params if context.parent else context.command.get_params(context):
        if record := parameter.get_help_record(context):
            yield from (".TP", f".B {_text(record[0])}", _text(record[1]))


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.replace("\b", "").split("\n\n"):
        if paragraph.strip():
            yield from (".PP", _text(paragraph))


def _text(text: str) -> str:
    """One line that roff takes for text: no escapes, no requests, dashes that can be copied."""
    line = re.sub(r"\s+", " ", text).strip()
    line = line.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return f"\\&{line}" if line.startswith((".", "'")) else line
