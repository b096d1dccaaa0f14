"""The acceptance log, summed up."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, fields
from statistics import median
from typing import Any

from assistant.wilson import wilson

DAY_S = 24 * 3600.0

_SUMS = ", ".join(
    f"IFNULL(SUM({each}), 0)"
    for each in (
        "1",
        "outcome = 'accepted'",
        "outcome = 'partly'",
        "outcome = 'typed'",
        "num_shown",
        "num_accepted",
        "IIF(num_kept IS NULL, 0, num_accepted)",
        "num_kept",
    )
)
"""The fields of `Sums`, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Suggestions of one kind; characters where it says so."""

    num_shown: int
    num_accepted: int
    """As a whole."""
    num_partly: int
    num_typed: int
    """Typed by hand, as they were suggested."""
    chars_shown: int
    chars_accepted: int
    chars_followed: int
    """Of the accepted ones, those of which it is known whether they were kept."""
    chars_kept: int

    @property
    def num_taken(self) -> int:
        """Accepted as a whole or in part."""
        return self.num_accepted + self.num_partly

    @property
    def rate(self) -> float:
        """The acceptance rate: share of the suggestions that were accepted, as a whole or in part."""
        return self.num_taken / self.num_shown if self.num_shown else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Where the rate is, with a probability of 95 %."""
        return wilson(self.num_taken, self.num_shown)

    @property
    def kept_share(self) -> float | None:
        """Of the accepted characters; None if of none it is known."""
        return self.chars_kept / self.chars_followed if self.chars_followed else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The suggestions of one model in one language."""

    language: str
    model: str
    median_latency_ms: float
    sums: Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What became of the suggestions of the last days."""

    num_days: int
    total: Sums
    groups: tuple[Usage, ...]
    """Those with the most suggestions first."""
    kept_by_day: tuple[int, ...]
    """Characters; the last is of the 24 hours up to now."""


def summarize(connection: sqlite3.Connection, *, num_days: int, now: float) -> Summary:
    """Sum up what was shown in the last days; `now` in seconds since 1970."""
    since = now - num_days * DAY_S
    shown = "FROM suggestions WHERE shown_at > ?"
    total = connection.execute(f"SELECT {_SUMS} {shown}", (since,)).fetchone()
    rows = connection.execute(
        f"SELECT language, model, {_SUMS} {shown} GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2", (since,)
    ).fetchall()
    latencies = _latencies(connection, since)
    return Summary(
        num_days=num_days,
        total=_sums(total),
        groups=tuple(
            Usage(language=name, model=model, median_latency_ms=median(latencies[name, model]), sums=_sums(sums))
            for name, model, *sums in rows
        ),
        kept_by_day=_kept_by_day(connection, since, num_days),
    )


def _sums(row: Sequence[int]) -> Sums:
    return Sums(**{field.name: value for field, value in zip(fields(Sums), row, strict=True)})


def _latencies(connection: sqlite3.Connection, since: float) -> dict[tuple[str, str], list[float]]:
    found: dict[tuple[str, str], list[float]] = {}
    query = "SELECT language, model, latency_ms FROM suggestions WHERE shown_at > ?"
    for language, model, latency_ms in connection.execute(query, (since,)):
        found.setdefault((language, model), []).append(latency_ms)
    return found


def _kept_by_day(connection: sqlite3.Connection, since: float, num_days: int) -> tuple[int, ...]:
    query = "SELECT CAST((shown_at - ?) / ? AS INTEGER), SUM(num_kept) FROM suggestions WHERE shown_at > ? GROUP BY 1"
    found: dict[Any, Any] = dict(connection.execute(query, (since, DAY_S, since)).fetchall())
    return tuple(found.get(day) or 0 for day in range(num_days))
