"""What was found: for the person at the machine, and, without their name and folders, for a bug report."""

import getpass
import re
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from assistant import __version__
from assistant.doctor.check import Check
from assistant.sanitize import sanitize

NAME_COLUMNS = 15
PATH = re.compile(r"(?<![\w.~/:-])/(?:[^\s/;,()'\"]+/)+")
URL = re.compile(r"\b\w+://[^\s,;()'\"]+")


@dataclass(frozen=True, slots=True)
class Person:
    """Who is not to be told."""

    home: str
    user: str
    host: str

    @classmethod
    def here(cls) -> "Person":
        """The one who runs this."""
        return cls(str(Path.home()), getpass.getuser(), socket.gethostname())


def print_check(check: Check, console: Console) -> None:
    """One line, and what to do below it."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(width=2)
    table.add_column(width=NAME_COLUMNS)
    table.add_column()
    mark = Text("ok", "green") if check.is_good else Text("no", "red")
    table.add_row(mark, check.name, Text(sanitize(check.found)))
    if check.hint:
        table.add_row("", "", Text(sanitize(check.hint), "dim"))
    console.print(table)


def bug_report(checks: Iterable[Check], person: Person) -> str:
    """A block of Markdown to paste: what `print_check` shows, redacted."""
    lines = [f"{'ok' if check.is_good else 'NO'} {check.name}: {_redact(check, person)}" for check in checks]
    return "\n".join(["```", f"cairn {__version__}", *lines, "```"])


def _redact(check: Check, person: Person) -> str:
    text = f"{check.found} | {check.hint}" if check.hint and not check.is_good else check.found
    return sanitize(redact(text, person)).replace("`", "'").replace("\n", " ")


def redact(text: str, person: Person) -> str:
    """A text without home, user, host, addresses and folders; of a path the file's name stays.

    A folder with a space in its name, outside of the home, may leave a part of it.
    """
    secrets: Sequence[tuple[str, str]] = (
        (person.home if len(person.home) > 1 else "", "~"),
        (person.user, "USER"),
        (person.host, "HOST"),
    )
    for secret, stand_in in secrets:
        if secret:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", stand_in, text)
    return PATH.sub("…/", URL.sub("URL", text))
