"""The help: every command with its keys, as the registry has them, and what the top line means."""

from collections.abc import Sequence

from rich.table import Column, Table
from rich.text import Text

from assistant.tui.commands import Command, Registry, keys_of

_PROMPT_KEYS = (
    ("Enter", "Send the question."),
    ("Ctrl+J", "Begin a new line; in many terminals Shift+Enter does, too."),
    ("Tab →", "Take what is suggested or offered."),
    ("↑", "Recall the last question into an empty prompt."),
)
_WORDS = (
    ("tok/s", "tokens the model writes in a second"),
    ("TTFT", "time to first token: waiting and reading"),
    ("cached", "tokens of the question that were not read again"),
    ("ctx", "tokens of this conversation / the model's limit"),
    ("MB", "what daemon and model take of the memory, together"),
)
_NAMES = {
    "escape": "Esc", "pageup": "PgUp", "pagedown": "PgDn", "up": "↑", "down": "↓", "enter": "Enter", "space": "Space",
}  # fmt: skip


def key_name(key: str) -> str:
    """A key as it is written on keyboards: `ctrl+y` is Ctrl+Y, `alt+up` is Alt+↑."""
    *modifiers, last = key.split("+")
    name = _NAMES.get(last, last.upper() if modifiers or len(last) > 1 else last)
    return "+".join([*(each.capitalize() for each in modifiers), name])


def help_tables(registry: Registry) -> list[Table]:
    """Keys of the prompt, all commands, words of the top line."""
    tables = [("Prompt", _PROMPT_KEYS), ("Commands", [_row(each) for each in registry]), ("Top line", _WORDS)]
    width = max(len(term) for _, rows in tables for term, _ in rows)
    return [_table(title, rows, width) for title, rows in tables]


def _row(command: Command) -> tuple[str, str]:
    typed = [f"/{command.name} {command.argument}".strip()] if command.is_slash else []
    return " ".join([*map(key_name, keys_of(command)), *typed]) or command.name, command.summary


def _table(title: str, rows: Sequence[tuple[str, str]], width: int) -> Table:
    table = Table(
        Column(width=width), "", box=None, title=title, title_justify="left", show_header=False, pad_edge=False
    )
    table.title_style = "dim"
    for term, meaning in rows:
        table.add_row(Text(term, "bold"), Text(meaning))
    table.add_row()
    return table
