"""How chats are told to a person, in lists and in files. What was said passes the sanitiser."""

import time

from assistant.chats.store import Summary
from assistant.sanitize import sanitize


def one_line(text: str, max_chars: int) -> str:
    """The beginning of a text in one line, safe to show."""
    line = sanitize(" ".join(text[: 4 * max_chars].split()))
    return line if len(line) <= max_chars else f"{line[: max_chars - 1]}…"


def title_of(summary: Summary, max_chars: int = 60) -> str:
    """What a chat is called, in one line."""
    return one_line(summary.title, max_chars) or "(no question)"


def when(at: float) -> str:
    """A time, in seconds since 1970, as a date and minute of this place."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def counted(number: int, noun: str) -> str:
    """A number of things, in words."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
