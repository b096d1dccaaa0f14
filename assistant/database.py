"""SQLite files of this user that several processes write: private, brought up to date, never lost.

A file is opened for each batch and closed again, so that nobody holds on to one that another process has moved aside.
The journal is a WAL and `synchronous` is NORMAL: what is committed survives the death of any process. Only a power cut
can take back the last commits, and few of them: whoever closes a file last syncs it. FULL would sync each commit twice;
a kind that has to outlast a power cut asks for it.
"""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from assistant.errors import CairnError

BUSY_TIMEOUT_S = 5.0


class DatabaseError(CairnError):
    """A database of this user cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What is kept in a file, and how that came about."""

    name: str
    """For messages: "the acceptance log"."""
    migrations: Sequence[str]
    """What leads from one version of the file to the next; `user_version` counts those that were applied."""
    table: str
    """One of its tables: a broken page of it is found when the file is opened, not by writing."""
    is_durable: bool = False
    """Whether a commit is on the disk before it returns."""
    newer_hint: str = "update this one"
    """What to do about a file that a newer Cairn made."""


@contextlib.contextmanager
def opened(
    file: Path, kind: Kind, *, on_broken: Callable[[str], None] = lambda _: None
) -> Generator[sqlite3.Connection]:
    """Open a file, made or brought up to date if need be; what the block wrote is committed at its end.

    A file that is broken is moved aside, to a name ending in `.broken` and maybe a number, and a new one begun;
    `on_broken` is told in a sentence. What its journal held, SQLite has put into it by then.

    Raises:
        DatabaseError: It cannot be opened or written, is in use for too long, or a newer Cairn made it.
    """
    try:
        with contextlib.closing(_connection(file, kind, on_broken)) as connection, connection:
            yield connection
    except sqlite3.Error as error:
        raise DatabaseError(f"{kind.name} {file} cannot be used: {error}", hint=_hint(file, error)) from error
    except OSError as error:
        raise DatabaseError(
            f"{kind.name} {file} cannot be used: {error.strerror or error}", hint="check the permissions of its folder"
        ) from error


def connected(file: Path, kind: Kind) -> sqlite3.Connection:
    """A connection to a file, made or brought up to date if need be; nothing is moved aside.

    Raises:
        DatabaseError: A newer Cairn made it.
        sqlite3.Error: It is broken, or in use for too long.
        OSError: It cannot be made.
    """
    make_private(file)
    return _up_to_date(file, kind)


def make_private(file: Path) -> None:
    """Create an empty file that only its user can read, if there is none. SQLite's files beside it get its mode."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def delete_files(file: Path) -> None:
    """Forget everything, broken files included."""
    with _locked(file):
        for name in (file, *_beside(file), *file.parent.glob(f"{file.stem}.broken*")):
            name.unlink(missing_ok=True)


def _connection(file: Path, kind: Kind, on_broken: Callable[[str], None]) -> sqlite3.Connection:
    try:
        return connected(file, kind)
    except sqlite3.DatabaseError as error:
        if not _is_broken(error):
            raise
    with _locked(file):
        try:
            return _up_to_date(file, kind)  # somebody else was quicker
        except sqlite3.DatabaseError as error:
            if not _is_broken(error):
                raise
            aside = _move_aside(file)
            on_broken(f"{kind.name} was broken ({error}) and is now {aside}; {_rescue(aside)}")
        return connected(file, kind)


def _up_to_date(file: Path, kind: Kind) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=BUSY_TIMEOUT_S, isolation_level="IMMEDIATE")
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if kind.is_durable else 'NORMAL'}")
        connection.execute("PRAGMA foreign_keys = ON")
        if _version(connection) < len(kind.migrations):
            _migrate(connection, kind)
        if _version(connection) > len(kind.migrations):
            raise DatabaseError(f"{kind.name} {file} was written by a newer Cairn", hint=kind.newer_hint)
        connection.execute(f"SELECT * FROM {kind.table} LIMIT 1").fetchone()  # noqa: S608 (a name of our own)
    except BaseException:
        connection.close()
        raise
    return connection


def _version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


def _migrate(connection: sqlite3.Connection, kind: Kind) -> None:
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for number, script in enumerate(kind.migrations[_version(connection) :], _version(connection) + 1):
            for statement in _statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")


def _statements(script: str) -> Iterator[str]:
    """Its statements one by one; a trigger has semicolons of its own."""
    statement = ""
    for piece in script.split(";"):
        statement += f"{piece};"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _hint(file: Path, error: sqlite3.Error) -> str:
    return _rescue(file) if _is_broken(error) else "check its permissions and the space on the disk"


def _rescue(file: Path) -> str:
    return f"what can be read of it can be rescued: sqlite3 '{file}' .recover | sqlite3 rescued.db"


def _is_broken(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", 0)  # errors of Python's own have none
    return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _move_aside(file: Path) -> Path:
    """Give a file and its journal a free name. The journal goes first: it must not be found beside a new file."""
    names = (file.with_suffix(f".broken{number if number > 1 else ''}") for number in count(1))
    aside = next(name for name in names if not name.exists())
    for name, new_name in zip((*_beside(file), file), (*_beside(aside), aside), strict=True):
        with contextlib.suppress(FileNotFoundError):
            name.replace(new_name)
    return aside


@contextlib.contextmanager
def _locked(file: Path) -> Generator[None]:
    """Alone among all processes that would move or delete the file."""
    lock = file.with_suffix(".lock")
    make_private(lock)
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _beside(file: Path) -> tuple[Path, Path]:
    return file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")
