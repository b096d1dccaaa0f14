"""One pass over a file. Order is kept, rows are kept to the byte, and the same files give the same result.

The pass is fast enough to be done again whole: the output is replaced in one step, or not at all.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from training.atomic import write_file, write_text
from training.filtering.benchmarks import read_suite
from training.filtering.decide import Filter, Removed
from training.filtering.entries import Entry, open_entries
from training.filtering.report import Report


def filter_file(source: Path, against: Sequence[Path], out: Path, report_path: Path, threshold: float) -> Report:
    """Write the rows of `source` that may be learnt from to `out`, and what went and why to `report_path`.

    Args:
        source: JSONL.
        against: Files of benchmarks.
        out: Replaced when the pass is done.
        report_path: Replaced after `out`, whose sha256 it has.
        threshold: Jaccard similarity from which on rows are near duplicates, in (0, 1].

    Raises:
        InputError: A file cannot be read, or is not what it should be; `out` is then as it was.
    """
    suites = [read_suite(path) for path in against]
    decide = Filter(suites, threshold)
    removed: list[Removed] = []
    read, kept = hashlib.sha256(), hashlib.sha256()

    def write(beside: Path) -> None:
        with beside.open("wb") as file:
            for entry in _watched(source):
                read.update(entry.line)
                if (gone := decide.removed(entry)) is not None:
                    removed.append(gone)
                    continue
                kept.update(entry.line)
                file.write(entry.line)

    write_file(out, write)
    report = Report(
        source=source.name,
        rows_sha256=read.hexdigest(),
        kept_sha256=kept.hexdigest(),
        num_kept=decide.num_kept,
        threshold=threshold,
        suites=tuple(suites),
        removed=tuple(removed),
    )
    write_text(report_path, report.to_json() + "\n")
    return report


def _watched(source: Path) -> Iterator[Entry]:
    """The rows, and on a terminal a bar that says how long it will take."""
    console = Console(stderr=True)
    total = source.stat().st_size if source.is_file() else None
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("filter", total=total)
        for entry in open_entries(source):
            yield entry
            bar.advance(task, len(entry.line))
