"""Models as tables for people, and how far a long piece of work has come. Names and licences are others' text."""

import math
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table
from rich.text import Text

from assistant.models.card import ModelCard
from assistant.models.catalogue import Entry
from assistant.models.fit import Fit
from assistant.models.licences import terms
from assistant.models.overview import Row
from assistant.models.removal import Removable
from assistant.models.verifying import Verified
from assistant.reports import print_pairs
from assistant.sanitize import sanitize

UNVERIFIED = "? nobody has compared this entry of the catalogue with the hub yet"


def gb(num_bytes: float) -> str:
    """A size for people; decimal, as disks and hubs count."""
    return f"{num_bytes / 1e9:.1f} GB" if num_bytes >= 1e8 else f"{num_bytes / 1e6:.1f} MB"


def print_overview(rows: Sequence[Row]) -> None:
    """One line a model; what is in use is marked."""
    titles = ("", "model", "size", "type", "can", "context", "licence", "state")
    _print_table(titles, [_overview_cells(row) for row in rows])
    notes = {
        "* in use": any("completion" in row.used_for for row in rows),
        "c in use for the chat": any(row.used_for == ("chat",) for row in rows),
        UNVERIFIED: not all(row.verified for row in rows),
    }
    _note("   ".join(text for text, is_so in notes.items() if is_so))
    for row in rows:
        if row.why:
            _note(f"{row.name}: {row.why}")


def _overview_cells(row: Row) -> tuple[str, ...]:
    can = "+".join(word for word, is_so in (("fill", row.fills_holes), ("chat", row.chats)) if is_so)
    state = f"{row.share:.0%} here" if row.state == "partial" else row.verdict or row.state
    context = f"{row.context_tokens // 1024}k" if row.context_tokens >= 1024 else str(row.context_tokens or "")
    mark = "*" if "completion" in row.used_for else "c" if row.used_for else ""
    mark += "" if row.verified else "?"
    return mark, row.name, gb(row.num_bytes), row.file_type, can, context, row.licence, state


def print_entries(rows: Sequence[tuple[Entry, Fit]]) -> None:
    """Models of the catalogue, and whether they fit."""
    cells = [
        (entry.name + ("" if entry.verified else " ?"), gb(entry.num_bytes), entry.licence, *_fit_cells(fit))
        for entry, fit in rows
    ]
    _print_table(("model", "size", "licence", "this machine", "tokens/s"), cells)
    _note(UNVERIFIED if not all(entry.verified for entry, _ in rows) else "")


def _fit_cells(fit: Fit) -> tuple[str, str]:
    return fit.verdict, f"< {math.ceil(fit.tokens_per_s)}"


def print_card(path: Path, card: ModelCard, fit: Fit, record: Mapping[str, Any]) -> None:
    """What one model is and can do, whether it fits, and what its record says."""
    rows = {
        "name": card.name,
        "file": str(path),
        **card_rows(card),
        "licence": f"{card.licence or 'not stated'}: {terms(card.licence)}",
        "this machine": fit_text(fit),
    }
    print_pairs(rows | _said(record))


def card_rows(card: ModelCard) -> dict[str, str]:
    """What the header says."""
    return {
        "architecture": f"{card.architecture}, {card.num_parameters / 1e6:.1f} M parameters, {card.file_type}",
        "context": f"{card.context_length_tokens} tokens",
        "vocabulary": f"{card.num_vocabulary_tokens} tokens",
        "fills holes": "yes" if card.fim else "no",
        "chat template": "its own" if card.chat_template else "none; Cairn's is used",
    }


def _said(record: Mapping[str, Any]) -> dict[str, str]:
    """What a record adds to the header: where it is from, and its hash."""
    rows: dict[str, str] = {}
    match record.get("source"):
        case {"name": str(name), "revision": str(revision)}:
            rows["from"] = f"{name} {revision[:12]}".strip()
        case _:
            pass
    match record.get("imported"):
        case {"from": str(place), "date": str(day)}:
            rows["imported"] = f"{place}, {day}"
        case _:
            pass
    return rows | ({"sha256": str(record["sha256"])} if record else {})


def fit_text(fit: Fit) -> str:
    """The verdict in a sentence."""
    verdicts = {
        "fits": "fits into the memory that is free",
        "tight": "fits if other programs give memory back",
        "too large": "is too large for its memory: it would be read from the disk again and again",
    }
    speed = f"at most {math.ceil(fit.tokens_per_s)} tokens/s by the speed of memory"
    return f"{verdicts[fit.verdict]} ({gb(fit.needed_bytes)} with its context), {speed}"


def print_removable(rows: Sequence[Removable], *, is_dry: bool) -> None:
    """What went, or would go."""
    _print_table(("what", "why", "frees"), [(row.name, row.why, gb(row.num_bytes)) for row in rows])
    total = gb(sum(row.num_bytes for row in rows))
    _note(f"{total} would be freed; nothing was removed" if is_dry else f"{total} freed")


def print_verified(row: Verified) -> None:
    """One line, and what to do below it."""
    mark = Text("ok  ", "green") if row.is_good else Text("no  ", "red")
    console = Console(highlight=False)
    console.print(mark + Text(sanitize(f"{row.name}: {row.found}")), soft_wrap=True)
    if row.hint:
        console.print(Text(f"    {sanitize(row.hint)}", "dim"), soft_wrap=True)


def print_listed(rows: Sequence[tuple[str, int, str, int, bool]]) -> None:
    """Repositories of the hub: name, parameters, licence, downloads, and whether its terms must be accepted there."""
    cells = [
        (name + (" (gated)" if gated else ""), f"{size / 1e9:.1f} B" if size else "", licence or "not stated", str(num))
        for name, size, licence, num, gated in rows
    ]
    if cells:
        _print_table(("on the hub", "weights", "licence", "downloads"), cells)


@contextmanager
def progress(what: str, num_bytes: int) -> Generator[Callable[[int], None]]:
    """A bar on stderr with speed and time left, if a person looks at it; yields what hears of bytes."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True, highlight=False)
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(sanitize(what), total=num_bytes)
        yield lambda more: bar.advance(task, more)


def _print_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(box=None, pad_edge=False)
    for title in titles:
        table.add_column(title, overflow="fold", no_wrap=title in ("size", "frees", "tokens/s", ""))
    for row in rows:
        table.add_row(*(Text(sanitize(text)) for text in row))
    Console(highlight=False).print(table)


def _note(text: str) -> None:
    if text:
        Console(highlight=False).print(Text(sanitize(text), "dim"), soft_wrap=True)
