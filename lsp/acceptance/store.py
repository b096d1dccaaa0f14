"""The acceptance log's file: SQLite, of this user only, bounded. Several language servers write it at once.

It is opened for each batch and closed again, so that nobody holds on to a file that another process has moved aside.
"""

import contextlib
import fcntl
import logging
import os
import sqlite3
from collections.abc import Generator, Iterable
from pathlib import Path

from assistant.errors import CairnError
from lsp.acceptance.outcome import Outcome

MAX_ROWS = 200_000
"""About 36 MB; a year of somebody who types much."""
MAX_AGE_S = 365 * 24 * 3600.0
BUSY_TIMEOUT_S = 5.0
MAX_NAME_CHARS = 80
"""Of a language or a model: what others call them has a bound here."""

_log = logging.getLogger(__name__)

_MIGRATIONS = (
    """
    CREATE TABLE suggestions (
        key TEXT PRIMARY KEY,
        shown_at REAL NOT NULL,
        language TEXT NOT NULL,
        model TEXT NOT NULL,
        prompt_hash TEXT NOT NULL,
        trigger TEXT NOT NULL,
        latency_ms REAL NOT NULL,
        outcome TEXT NOT NULL,
        num_shown INTEGER NOT NULL,
        num_lines INTEGER NOT NULL,
        num_accepted INTEGER NOT NULL,
        num_words INTEGER NOT NULL,
        num_kept INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX suggestions_by_time ON suggestions (shown_at);
    """,
)
"""What leads from one version of the file to the next; `user_version` counts those that were applied."""

_INSERT = f"INSERT OR REPLACE INTO suggestions VALUES ({', '.join('?' * 13)})"  # noqa: S608 (question marks only)


class LogError(CairnError):
    """The acceptance log cannot be used."""


@contextlib.contextmanager
def opened(file: Path) -> Generator[sqlite3.Connection]:
    """Open the log, made or brought up to date if need be; what the block wrote is committed at its end.

    A file that is broken is moved aside, to `.broken` beside it, and a new one begun.

    Raises:
        LogError: It cannot be opened or written, is in use for too long, or a newer Cairn made it.
    """
    try:
        with contextlib.closing(_connection(file)) as connection, connection:
            yield connection
    except sqlite3.Error as error:
        raise LogError(
            f"the acceptance log {file} cannot be used: {error}", hint="check its permissions and the space on the disk"
        ) from error
    except OSError as error:
        raise LogError(
            f"the acceptance log {file} cannot be used: {error.strerror or error}",
            hint="check the permissions of its folder",
        ) from error


def insert(connection: sqlite3.Connection, outcomes: Iterable[Outcome]) -> None:
    """Write outcomes; one that is known by its key gives way."""
    connection.executemany(_INSERT, map(_row, outcomes))


def prune(connection: sqlite3.Connection, now: float, max_rows: int = MAX_ROWS) -> None:
    """Forget what is too old or too much."""
    connection.execute("DELETE FROM suggestions WHERE shown_at < ?", (now - MAX_AGE_S,))
    connection.execute(
        "DELETE FROM suggestions WHERE key IN (SELECT key FROM suggestions ORDER BY shown_at DESC LIMIT -1 OFFSET ?)",
        (max_rows,),
    )


def delete_files(file: Path) -> None:
    """Forget everything, broken files and the key of the hashes included."""
    with _locked(file):
        for name in (file, _broken(file), *_beside(file), file.with_suffix(".key")):
            name.unlink(missing_ok=True)


def make_private(file: Path) -> None:
    """Create an empty file that only its user can read, if there is none. SQLite's files beside it get its mode."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _connection(file: Path) -> sqlite3.Connection:
    make_private(file)
    try:
        return _up_to_date(file)
    except sqlite3.DatabaseError as error:
        if not _is_broken(error):
            raise
    with _locked(file):
        try:
            return _up_to_date(file)  # somebody else was quicker
        except sqlite3.DatabaseError as error:
            if not _is_broken(error):
                raise
            _log.warning("the acceptance log was broken (%s); it is now %s", error, _broken(file))
            file.replace(_broken(file))
            for name in _beside(file):
                name.unlink(missing_ok=True)
        make_private(file)
        return _up_to_date(file)


def _up_to_date(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=BUSY_TIMEOUT_S, isolation_level="IMMEDIATE")
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if _version(connection) < len(_MIGRATIONS):
            _migrate(connection)
        if _version(connection) > len(_MIGRATIONS):
            raise LogError(
                f"the acceptance log {file} was written by a newer Cairn",
                hint="update this one, or forget what the log holds: `cairn stats --clear`",
            )
        connection.execute("SELECT * FROM suggestions LIMIT 1").fetchone()  # a broken page is found now, not by writing
    except BaseException:
        connection.close()
        raise
    return connection


def _version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


def _migrate(connection: sqlite3.Connection) -> None:
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for number, script in enumerate(_MIGRATIONS[_version(connection) :], _version(connection) + 1):
            for statement in script.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")


def _is_broken(error: sqlite3.DatabaseError) -> bool:
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@contextlib.contextmanager
def _locked(file: Path) -> Generator[None]:
    """Alone among all processes that would move or delete the log."""
    lock = file.with_suffix(".lock")
    make_private(lock)
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _broken(file: Path) -> Path:
    return file.with_suffix(".broken")


def _beside(file: Path) -> tuple[Path, Path]:
    return file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")


def _row(outcome: Outcome) -> tuple[object, ...]:
    known = outcome.circumstances
    return (
        known.key,
        known.shown_at,
        known.language[:MAX_NAME_CHARS],
        known.model[-MAX_NAME_CHARS:],
        known.prompt_hash,
        known.trigger,
        known.latency_ms,
        outcome.end,
        outcome.num_shown,
        outcome.num_lines,
        outcome.num_accepted,
        outcome.num_words,
        outcome.num_kept,
    )
