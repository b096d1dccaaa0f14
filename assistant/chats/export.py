"""A chat as a file: Markdown to read, of the branch where it stands; JSON with everything, to be read by programs."""

import os
import re
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assistant.chats.store import Summary
from assistant.chats.tree import Node, Tree
from assistant.chats.wording import one_line, title_of, when
from assistant.errors import InputError
from assistant.sanitize import sanitize

FORMAT = 1
"""Of the JSON; raised when a reader of the last one could misread the next."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^\n]*)", re.ASCII)


def to_markdown(summary: Summary, tree: Tree) -> str:
    """The current branch as Markdown, sanitised."""
    parts = [f"# {title_of(summary)}", f"Begun {when(summary.begun_at)}, last changed {when(summary.changed_at)}."]
    for node in tree.path():
        parts += [f"## {_speaker(node)}", _closed(sanitize(node.said.text.strip("\n")))]
    return "\n\n".join(parts) + "\n"


def to_json(summary: Summary, tree: Tree) -> dict[str, Any]:
    """Everything of a chat, all branches, as it was said; each message names its parent by hash."""
    return {
        "format": FORMAT,
        "id": tree.chat,
        "title": summary.title,
        "begun_at": summary.begun_at,
        "changed_at": summary.changed_at,
        "tip": tree.tip,
        "messages": [_message(node) for node in tree.nodes],
    }


def file_name(summary: Summary) -> str:
    """A name for the file of a chat, from its title."""
    words = re.findall(r"\w+", summary.title.lower(), re.ASCII)
    return "-".join(["chat", *words])[:50].rstrip("-") + ".md"


def write_new(file: Path, text: str) -> None:
    """Write a file that is not there yet, whole or not at all.

    Raises:
        InputError: It is there, or cannot be written.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=f".{file.name[:40]}.", dir=file.parent) as folder:
            whole = Path(folder) / "whole"
            with whole.open("w", encoding="utf-8") as opened:
                opened.write(text)
                opened.flush()
                os.fsync(opened.fileno())
            os.link(whole, file)  # unlike a rename, this never replaces one
    except FileExistsError:
        raise InputError(f"{file} is there already", hint="give another name; nothing was written") from None
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}", hint="give a folder of your own") from error


def _speaker(node: Node) -> str:
    if node.said.role == "user":
        return "You"
    model = node.measured.model if node.measured else ""
    return f"Cairn ({one_line(model, 60)})" if model else "Cairn"


def _message(node: Node) -> dict[str, Any]:
    said = {"role": node.said.role, "text": node.said.text, "read": node.said.read, "system": node.system}
    measured = asdict(node.measured) if node.measured else {}
    whole = {"hash": node.hash, "parent": node.parent, "said_at": node.said_at, **said, **measured}
    return {name: value for name, value in whole.items() if value not in ("", None) or name == "text"}


def _closed(text: str) -> str:
    """Close a code block that was cut off, so that it does not swallow what comes after."""
    fence = ""
    for line in text.split("\n"):
        if not (found := _FENCE.match(line)):
            continue
        marks, rest = found.groups()
        if not fence:
            fence = marks
        elif marks[0] == fence[0] and len(marks) >= len(fence) and not rest.strip():
            fence = ""
    return f"{text}\n{fence}" if fence else text
