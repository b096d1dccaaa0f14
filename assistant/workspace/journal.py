"""What was there before: the journal of changes, in one SQLite file of this user only. Contents are kept by their hash.

A change is written here, durably, before the first file is touched, and marked as done behind the last one. So whoever
finds one that is neither done nor undone knows that a process was killed, and which files it may have been at.
"""

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.database import DatabaseError, Kind, connected
from assistant.workspace.refusals import WorkspaceError

MAX_CHANGES = 500
MAX_TOTAL_BYTES = 256 << 20
"""Contents that are kept, all workspaces together; the oldest changes go first."""
State = Literal["begun", "done", "undoing", "undone"]

_SCHEMA = """
CREATE TABLE changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, root TEXT NOT NULL, label TEXT NOT NULL, at REAL NOT NULL, state TEXT NOT NULL
) STRICT;
CREATE TABLE edits (
    change INTEGER NOT NULL REFERENCES changes ON DELETE CASCADE, path TEXT NOT NULL, before TEXT NOT NULL,
    after TEXT NOT NULL, temporary TEXT NOT NULL, num_folders INTEGER NOT NULL
) STRICT;
CREATE TABLE contents (hash TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT, WITHOUT ROWID;
"""
_KIND = Kind(name="the journal", migrations=(_SCHEMA,), table="changes", is_durable=True)
_UNUSED = "DELETE FROM contents WHERE hash NOT IN (SELECT before FROM edits)"
_OLDEST = "DELETE FROM changes WHERE id = (SELECT min(id) FROM changes)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a change does to one file."""

    path: str
    before: str
    after: str
    temporary: str
    num_folders: int
    """Folders above it that the change makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Files that were changed together."""

    id: int
    label: str
    at: float
    """Seconds since 1970."""
    state: State
    records: tuple[Record, ...]


class Journal:
    """The journal of one workspace. Opened for each operation; `alone` keeps other processes out meanwhile."""

    def __init__(self, file: Path, root: str) -> None:
        self._file = file
        self._root = root

    @contextlib.contextmanager
    def alone(self) -> Generator[None]:
        """One process at a time changes files, or undoes it. Raises `WorkspaceError`."""
        with self._told():
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self._file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def begin(self, label: str, records: Sequence[Record], contents: Sequence[bytes]) -> int:
        """Note what will be done, and what was there before; durable when this returns. Raises `WorkspaceError`."""
        from_hash = [(record.before, content) for record, content in zip(records, contents, strict=True)]
        with self._opened() as db:
            number = db.execute(
                "INSERT INTO changes (root, label, at, state) VALUES (?, ?, ?, 'begun')",
                (self._root, label, time.time()),
            ).lastrowid
            assert number is not None
            rows = [(number, each.path, each.before, each.after, each.temporary, each.num_folders) for each in records]
            db.executemany("INSERT INTO edits VALUES (?, ?, ?, ?, ?, ?)", rows)
            db.executemany("INSERT OR IGNORE INTO contents VALUES (?, ?)", [row for row in from_hash if row[0]])
            _prune(db)
        return number

    def mark(self, change: int, state: State) -> None:
        """Say how far a change is. Raises `WorkspaceError`."""
        with self._opened() as db:
            db.execute("UPDATE changes SET state = ? WHERE id = ?", (state, change))

    def forget(self, change: int, paths: Sequence[str]) -> None:
        """A change did not do this. Raises `WorkspaceError`."""
        with self._opened() as db:
            db.executemany("DELETE FROM edits WHERE change = ? AND path = ?", [(change, path) for path in paths])

    def changes(self, *states: State) -> list[Change]:
        """This workspace's changes in one of these states, the oldest first. Raises `WorkspaceError`."""
        if not self._file.exists():
            return []
        with self._opened() as db:
            rows = db.execute("SELECT id, label, at, state FROM changes WHERE root = ? ORDER BY id", (self._root,))
            return [
                Change(id=number, label=label, at=at, state=state, records=_records(db, number))
                for number, label, at, state in rows.fetchall()
                if state in states
            ]

    def content(self, digest: str) -> bytes:
        """What had this hash. Raises `WorkspaceError`."""
        with self._opened() as db:
            row = db.execute("SELECT content FROM contents WHERE hash = ?", (digest,)).fetchone()
        if row is None:
            raise WorkspaceError("the journal has no longer what was there before", hint="nothing was changed")
        return row[0]

    @contextlib.contextmanager
    def _opened(self) -> Generator[sqlite3.Connection]:
        """The database; what the block wrote is durable behind it."""
        with self._told(), contextlib.closing(connected(self._file, _KIND)) as db, db:
            yield db

    @contextlib.contextmanager
    def _told(self) -> Generator[None]:
        try:
            yield
        except DatabaseError as error:
            raise WorkspaceError(str(error), hint=error.hint) from error
        except (sqlite3.Error, OSError) as error:
            raise WorkspaceError(
                f"the journal {self._file} cannot be used: {error}",
                hint="without it nothing is written; move the file away, or free some space",
            ) from error


def _records(db: sqlite3.Connection, change: int) -> tuple[Record, ...]:
    rows = db.execute("SELECT path, before, after, temporary, num_folders FROM edits WHERE change = ?", (change,))
    names = ("path", "before", "after", "temporary", "num_folders")
    return tuple(Record(**dict(zip(names, row, strict=True))) for row in rows.fetchall())


def _prune(db: sqlite3.Connection) -> None:
    """Forget the oldest changes where there is too much; the newest one stays."""
    db.execute("DELETE FROM changes WHERE id <= (SELECT max(id) FROM changes) - ?", (MAX_CHANGES,))
    db.execute(_UNUSED)
    while True:
        size = db.execute("SELECT coalesce(sum(length(content)), 0) FROM contents").fetchone()[0]
        count = db.execute("SELECT count(*) FROM changes").fetchone()[0]
        if size <= MAX_TOTAL_BYTES or count <= 1:
            return
        db.execute(_OLDEST)
        db.execute(_UNUSED)
