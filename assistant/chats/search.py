"""Search in all texts of all chats: pieces of words and of code, with their punctuation."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.chats.store import Chats, Summary
from assistant.chats.wording import counted, one_line, title_of, when
from assistant.errors import InputError
from assistant.protocol import Role

_MIN_INDEXED_CHARS = 3
"""The index knows every three characters that follow each other."""
_WORD = re.compile(r'"([^"]+)"|(\S+)')
_BEFORE_CHARS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A message in which all that was looked for is."""

    chat: str
    hash: str
    role: Role
    said_at: float
    """Seconds since 1970."""
    line: str
    """The line with the first thing that was looked for, from a little before it."""


def words_of(query: str) -> list[str]:
    """What a typed query looks for: its words, and what it has in double quotes as it stands."""
    return [quoted or word for quoted, word in _WORD.findall(query)]


def search(chats: Chats, words: Sequence[str], *, limit: int = 100) -> list[Hit]:
    """Messages in which all `words` are somewhere, as they stand, large letters like small ones; the newest first.

    Raises:
        InputError: Nothing is looked for.
        DatabaseError: The file cannot be used.
    """
    words = [word.replace("\0", "") for word in words if word.strip("\0")]
    if not words:
        raise InputError("nothing was looked for", hint='for example: cairn sessions search "def main("')
    indexed = [word for word in words if len(word) >= _MIN_INDEXED_CHARS]
    conditions = ["instr(lower(messages.text), lower(?))" for word in words if word not in indexed]
    values: list[str | int] = [word for word in words if word not in indexed]
    if indexed:
        conditions.append("messages.id IN (SELECT rowid FROM texts WHERE texts MATCH ?)")
        values.append(" AND ".join(f'"{word.replace(chr(34), chr(34) * 2)}"' for word in indexed))
    with chats.opened() as connection:
        rows = connection.execute(
            "SELECT chat, hash, role, said_at, text FROM messages WHERE "  # noqa: S608
            + " AND ".join(conditions)  # of our own; what the user typed are values
            + " ORDER BY id DESC LIMIT ?",
            (*values, limit),
        ).fetchall()
    return [
        Hit(chat=chat, hash=name, role=role, said_at=said_at, line=line_with(words[0], text))
        for chat, name, role, said_at, text in rows
    ]


def line_with(word: str, text: str) -> str:
    """The line of `text` that has `word`, from a little before it; its first line where none has."""
    place = max(text.lower().find(word.lower()), 0)
    start = text.rfind("\n", 0, place) + 1
    line = text[start : text.find("\n", place) if "\n" in text[place:] else len(text)]
    cut = max(place - start - _BEFORE_CHARS, 0)
    return ("…" if cut else "") + line[cut:].strip()


@dataclass(frozen=True, slots=True)
class Found:
    """A chat to go on with, and how to tell it from others."""

    chat: str
    hash: str = ""
    """A message that it should go on below; empty: where it stands."""
    title: str = ""
    detail: str = ""
    """When something was said last; what was found."""


def found_by(chats: Chats, query: str, *, limit: int = 50) -> list[Found]:
    """The last chats; with words, those of whose titles or messages have them all, each with its newest message."""
    by_id = {summary.id: summary for summary in chats.latest()}
    words = words_of(query)
    if not words:
        return [_found(summary) for summary in list(by_id.values())[:limit]]
    found = {
        summary.id: _found(summary)
        for summary in by_id.values()
        if summary.is_named and all(word.lower() in summary.title.lower() for word in words)
    }
    for hit in search(chats, words):
        if hit.chat in by_id:
            found.setdefault(hit.chat, _found(by_id[hit.chat], hit))
    return list(found.values())[:limit]


def _found(summary: Summary, hit: Hit | None = None) -> Found:
    if hit:
        return Found(summary.id, hit.hash, title_of(summary, 30), one_line(hit.line, 40))
    detail = f"{when(summary.changed_at)}, {counted(summary.num_questions, 'question')}"
    return Found(summary.id, title=title_of(summary, 40), detail=detail)
