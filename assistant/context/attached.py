"""Text that goes along with a question: what it is called, and how the model reads it."""

import re
from dataclasses import dataclass
from pathlib import PurePath

from assistant.context.mentions import Mention
from assistant.errors import InputError
from assistant.respect import Respect, language_of, without_secrets
from assistant.workspace import Snapshot, Workspace, WorkspaceError

INSTRUCTIONS = "AGENTS.md"
"""The project's own words to an assistant."""
MAX_INSTRUCTIONS = 20_000
_TICKS = re.compile(r"`{3,}")


@dataclass(frozen=True, slots=True)
class Attached:
    """A named text."""

    label: str
    text: str
    """As the model reads it, its frame included."""


def attach(mention: Mention, workspace: Workspace) -> Attached:
    """A file of the project, or lines of it. Secrets in it are masked.

    Raises:
        InputError: Its name is one of a secret file, or it has not that many lines.
        WorkspaceError: It is not there, no text, or not of the project.
    """
    snapshot = workspace.read(mention.path)
    if reason := Respect([workspace.root], is_ignoring=False).refusal_to_read(workspace.root / snapshot.path):
        raise InputError(f"{snapshot.path} is not shown to the model: {reason}", hint="paste what matters, if you must")
    text = without_secrets("\n".join(snapshot.text.lines)).split("\n")
    first, last = _lines_of(mention, snapshot)
    where = "" if mention.first is None else f", lines {first}-{last}"
    return Attached(mention.label, framed(f"{snapshot.path}{where}", "\n".join(text[first - 1 : last]), snapshot.path))


def framed(title: str, text: str, path: str = "") -> str:
    """A text under its title, in a fence that nothing in it can close."""
    longest = max((len(found) for found in _TICKS.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{title}:\n{fence}{language_of(PurePath(path))}\n{text}\n{fence}"


def instructions(workspace: Workspace) -> Attached | None:
    """The project's `AGENTS.md`; None where there is none that can be read.

    Raises:
        InputError: It is longer than words to an assistant are.
    """
    try:
        snapshot = workspace.read(INSTRUCTIONS)
    except WorkspaceError:
        return None
    text = "\n".join(snapshot.text.lines).strip()
    if len(text) > MAX_INSTRUCTIONS:
        raise InputError(f"{INSTRUCTIONS} has more than {MAX_INSTRUCTIONS:,} characters", hint=f"/drop {INSTRUCTIONS}")
    return Attached(INSTRUCTIONS, without_secrets(text)) if text else None


def _lines_of(mention: Mention, snapshot: Snapshot) -> tuple[int, int]:
    num_lines = len(snapshot.text.lines)
    if mention.first is None or mention.last is None:
        return 1, num_lines
    if not 1 <= mention.first <= mention.last or mention.first > num_lines:
        raise InputError(f"{mention.label}: {snapshot.path} has {num_lines} lines", hint="name lines as @path:10-40")
    return mention.first, min(mention.last, num_lines)
