"""The acceptance log's file: a database, bounded. Several language servers write it at once."""

import logging
import sqlite3
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from assistant import database
from lsp.acceptance.outcome import Outcome

MAX_ROWS = 200_000
"""About 36 MB; a year of somebody who types much."""
MAX_AGE_S = 365 * 24 * 3600.0
MAX_NAME_CHARS = 80
"""Of a language or a model: what others call them has a bound here."""

_log = logging.getLogger(__name__)

_LOG = database.Kind(
    name="the acceptance log",
    table="suggestions",
    newer_hint="update this one, or forget what the log holds: `cairn stats --clear`",
    migrations=(
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
    ),
)

_INSERT = f"INSERT OR REPLACE INTO suggestions VALUES ({', '.join('?' * 13)})"  # noqa: S608 (question marks only)


def opened(file: Path) -> AbstractContextManager[sqlite3.Connection]:
    """Open the log as `assistant.database.opened` does. Raises `DatabaseError`."""
    return database.opened(file, _LOG, on_broken=_log.warning)


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
    database.delete_files(file)
    file.with_suffix(".key").unlink(missing_ok=True)


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
