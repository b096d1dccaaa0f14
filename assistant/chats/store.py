"""The chats' file: written exchange by exchange, read as trees. Several terminals may use it at once."""

import hashlib
import sqlite3
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import astuple, dataclass, field, fields
from pathlib import Path
from typing import Any

from assistant import database
from assistant.chats.schema import CHATS
from assistant.chats.tree import Measured, Node, Said, Tree, placed, storable
from assistant.errors import InputError

MAX_TITLE_CHARS = 200
_MEASURED = tuple(each.name for each in fields(Measured))
_SUMMARY = """
    SELECT id, title, (SELECT text FROM messages WHERE chat = chats.id AND role = 'user' ORDER BY id LIMIT 1),
        begun_at, changed_at, (SELECT COUNT(*) FROM messages WHERE chat = chats.id AND role = 'user')
    FROM chats
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A question in its place, and as much of its answer as there is. Each is whole: it may be saved twice, or not."""

    turn: str
    """A name of its own: the same question may be asked again."""
    chat: str
    path: tuple[Said, ...]
    """All that was said before, and the question."""
    system: str = ""
    """What the model reads above all of it."""
    answer: str = ""
    is_over: bool = False
    measured: Measured = field(default_factory=Measured)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A chat in a list."""

    id: str
    title: str
    """As its user named it, else its first question, whole."""
    is_named: bool
    begun_at: float
    """Seconds since 1970, as `changed_at`."""
    changed_at: float
    num_questions: int
    """In all branches."""


class Chats:
    """All chats of a user.

    Args:
        file: Where they are; made at the first use.
        on_notice: Told in a sentence of a broken file, which was moved aside.
        now: The time, in seconds since 1970.

    Attributes:
        on_notice: As above; set it where it is known only later who shall be told.

    Every method raises `DatabaseError` where the file cannot be used.
    """

    def __init__(
        self,
        file: Path,
        *,
        on_notice: Callable[[str], None] = lambda _: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._file = file
        self.on_notice = on_notice
        self._now = now

    def opened(self) -> AbstractContextManager[sqlite3.Connection]:
        """Open the file for one batch."""
        return database.opened(self._file, CHATS, on_broken=self.on_notice)

    # ------------------------------------------------------------------------------------------------------ writing

    def save(self, exchange: Exchange) -> None:
        """Save an exchange as far as it came; its chat now stands at its end."""
        now = self._now()
        with self.opened() as connection:
            question = _add_path(connection, exchange, now)
            answer = _add_answer(connection, exchange, question, now)
            connection.execute(
                "INSERT INTO chats VALUES (?, '', ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET tip = excluded.tip, changed_at = excluded.changed_at",
                (exchange.chat, answer or question, now, now),
            )
            _add_turn(connection, exchange, question, answer, now)

    def rename(self, chat: str, title: str) -> None:
        """Give a chat a title; an empty one gives it its first question again."""
        with self.opened() as connection:
            connection.execute("UPDATE chats SET title = ? WHERE id = ?", (title.strip()[:MAX_TITLE_CHARS], chat))

    def point(self, chat: str, tip: str) -> None:
        """Let a chat stand at the end of another branch."""
        with self.opened() as connection:
            connection.execute("UPDATE chats SET tip = ? WHERE id = ?", (tip, chat))

    def remove(self, chat: str) -> None:
        """Forget a chat with all its branches; what the file held of it is overwritten."""
        with self.opened() as connection:
            connection.execute("PRAGMA secure_delete = ON")
            for table, column in (("messages", "chat"), ("turns", "chat"), ("chats", "id")):
                connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (chat,))  # noqa: S608 (our names)
            connection.execute("DELETE FROM systems WHERE hash NOT IN (SELECT system FROM turns)")
            connection.execute("INSERT INTO texts (texts) VALUES ('optimize')")  # leaves no word of it in the index

    # ------------------------------------------------------------------------------------------------------ reading

    def latest(self, limit: int = -1) -> list[Summary]:
        """The chats, those first in which something was said last; -1: all of them."""
        with self.opened() as connection:
            rows = connection.execute(f"{_SUMMARY} ORDER BY changed_at DESC, rowid DESC LIMIT ?", (limit,))
            return [_summary(row) for row in rows]

    def find(self, name: str) -> Summary:
        """The chat whose name begins so.

        Raises:
            InputError: None does, or several.
        """
        with self.opened() as connection:
            found = connection.execute(f"{_SUMMARY} WHERE substr(id, 1, ?) = ?", (len(name), name)).fetchmany(2)
        if not found or not name:
            raise InputError(f'there is no chat "{name}"', hint="cairn sessions list shows their names")
        if len(found) > 1:
            raise InputError(f'several chats are called "{name}…"', hint="give more of the name")
        return _summary(found[0])

    def last(self) -> Summary:
        """The chat in which something was said last. Raises `InputError` if there is none."""
        found = self.latest(1)
        if not found:
            raise InputError("there is no chat to go on with", hint='begin one: cairn chat, or cairn ask "…"')
        return found[0]

    def tree(self, chat: str) -> Tree:
        """A chat with all its branches; an empty tree where there is no such chat."""
        with self.opened() as connection:
            measured, systems = _turns(connection, chat)
            rows = connection.execute(
                "SELECT hash, parent, role, text, read, said_at FROM messages WHERE chat = ? ORDER BY id", (chat,)
            )
            nodes = tuple(
                Node(
                    hash=name,
                    parent=parent,
                    said=Said(role=role, text=text, read=read),
                    said_at=said_at,
                    measured=measured.get(name),
                    system=systems.get(name, ""),
                )
                for name, parent, role, text, read, said_at in rows
            )
            (tip,) = connection.execute("SELECT tip FROM chats WHERE id = ?", (chat,)).fetchone() or ("",)
        return Tree(chat, nodes, tip)


def _summary(row: tuple[Any, ...]) -> Summary:
    name, title, first, begun_at, changed_at, num_questions = row
    return Summary(
        id=name,
        title=title or first or "",
        is_named=bool(title),
        begun_at=begun_at,
        changed_at=changed_at,
        num_questions=num_questions,
    )


def _add_path(connection: sqlite3.Connection, exchange: Exchange, now: float) -> str:
    """Add what of the path is not there yet; give the hash of its last message."""
    *_, last = nodes = tuple(placed(exchange.chat, exchange.path))
    for node in nodes:
        if not connection.execute("SELECT 1 FROM messages WHERE hash = ?", (node.hash,)).fetchone():
            _settle(connection, node)
            _add(connection, exchange.chat, node, now)
    return last.hash


def _settle(connection: sqlite3.Connection, node: Node) -> None:
    """An answer that somebody goes on with is over: whoever was writing it has gone, or begins it anew."""
    begun = connection.execute(
        "SELECT hash FROM messages WHERE parent = ? AND text = ? AND hash LIKE '~%' LIMIT 1",
        (node.parent, node.said.text),
    ).fetchone()
    if begun:
        connection.execute("UPDATE messages SET hash = ? WHERE hash = ?", (node.hash, *begun))
        connection.execute("UPDATE turns SET answer = ? WHERE answer = ?", (node.hash, *begun))


def _add_answer(connection: sqlite3.Connection, exchange: Exchange, question: str, now: float) -> str:
    """Add the answer, or what there is of it, in the place of what there was; give its hash, empty if it has none."""
    begun = f"~{exchange.turn}"
    said = Said(role="assistant", text=exchange.answer)
    if exchange.is_over:
        connection.execute("DELETE FROM messages WHERE hash = ?", (begun,))
    if not exchange.answer:
        return ""
    if not exchange.is_over:
        _add(connection, exchange.chat, Node(hash=begun, parent=question, said=said, said_at=now), now)
        connection.execute("UPDATE messages SET text = ? WHERE hash = ?", (said.text, begun))
        return begun
    *_, node = placed(question, [said])
    _add(connection, exchange.chat, node, now)
    return node.hash


def _add(connection: sqlite3.Connection, chat: str, node: Node, now: float) -> None:
    connection.execute(
        "INSERT INTO messages (hash, chat, parent, role, text, read, said_at) VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        (node.hash, chat, node.parent, node.said.role, node.said.text, node.said.read, now),
    )


def _add_turn(connection: sqlite3.Connection, exchange: Exchange, question: str, answer: str, now: float) -> None:
    """Note how the exchange was made, in the place of what was noted of it before."""
    text = storable(exchange.system)
    system = hashlib.sha256(text.encode()).hexdigest()
    connection.execute("INSERT INTO systems VALUES (?, ?) ON CONFLICT DO NOTHING", (system, text))
    columns = ("id", "chat", "question", "answer", "asked_at", "system", *_MEASURED)
    connection.execute(
        f"INSERT INTO turns ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) "  # noqa: S608 (our names)
        f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in ('answer', *_MEASURED))}",
        (exchange.turn, exchange.chat, question, answer, now, system, *astuple(exchange.measured)),
    )


def _turns(connection: sqlite3.Connection, chat: str) -> tuple[dict[str, Measured], dict[str, str]]:
    """How answers were made, and what was read above questions, by hash; of what was said twice, the last time."""
    measured: dict[str, Measured] = {}
    systems: dict[str, str] = {}
    rows = connection.execute(
        f"SELECT question, answer, text, {', '.join(_MEASURED)} "  # noqa: S608 (our names)
        "FROM turns JOIN systems ON systems.hash = turns.system WHERE chat = ? ORDER BY asked_at, turns.rowid",
        (chat,),
    )
    for question, answer, system, *values in rows:
        measured[answer] = Measured(**dict(zip(_MEASURED, values, strict=True)))
        systems[question] = system
    return measured, systems
