"""What the filter did: counts for people, every removed row for the file. Other people's text passes the sanitiser."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from assistant.sanitize import sanitize
from training import dedup
from training.filtering import contamination
from training.filtering.benchmarks import Suite
from training.filtering.decide import Removed

_SHOWN_SPANS = 3
_SHOWN_CHARS = 90
_RULES = {
    "run_words": contamination.RUN_WORDS,
    "run_telling_words": contamination.RUN_TELLING,
    "telling_word_share_of_tasks": contamination.COMMON_SHARE,
    "run_max_tasks": contamination.MAX_TASKS,
    "whole_words": contamination.WHOLE_WORDS,
    "program_nodes": contamination.PROGRAM_NODES,
    "name_share_of_telling_words": contamination.NAME_SHARE,
    "name_telling_words": contamination.NAME_TELLING,
    "shingle_words": dedup.SHINGLE_WORDS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One pass of the filter."""

    source: str
    """Name of the file."""
    rows_sha256: str
    kept_sha256: str
    num_kept: int
    threshold: float
    suites: tuple[Suite, ...]
    removed: tuple[Removed, ...]

    def counts(self) -> dict[str, Any]:
        """Rows. One that gives away tasks of two suites, or by two rules, counts for both, but once in the sum."""
        reasons = Counter(gone.reason for gone in self.removed)
        suites = {suite.name: 0 for suite in self.suites}
        return {
            "rows": self.num_kept + len(self.removed),
            "contaminated": reasons["contaminated"],
            "contaminated_by_suite": suites | Counter(name for gone in self.removed for name in _of(gone, "suite")),
            "contaminated_by_rule": dict(Counter(rule for gone in self.removed for rule in _of(gone, "rule"))),
            "exact": reasons["exact"],
            "near": reasons["near"],
            "kept": self.num_kept,
        }

    def to_json(self) -> str:
        """The report as a file: what was done, by which rules, and a line for every removed row."""
        whole = {
            "source": self.source,
            "rows_sha256": self.rows_sha256,
            "kept_sha256": self.kept_sha256,
            "against": [{"suite": s.name, "file": s.file, "programs": len(s.tasks)} for s in self.suites],
            "rules": {**_RULES, "near_jaccard": self.threshold},
            "counts": self.counts(),
        }
        rows = ",\n".join(json.dumps(_removed(gone)) for gone in self.removed)
        return f'{json.dumps(whole, indent=1)[:-2]},\n "removed": [\n{rows}\n]}}'


def print_report(report: Report) -> None:
    """The counts as a table, and a few of the spans."""
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, count in _lines(report.counts()):
        table.add_row(name, f"{count:,}")
    console.print(table)
    contaminated = [gone for gone in report.removed if gone.matches]
    for gone in contaminated[:_SHOWN_SPANS]:
        match, span = gone.matches[0], " ".join(gone.spans[0].split())
        shown = f"{gone.id}: {match.task_id} by {match.rule}, {match.field}[{match.start}:{match.end}]: {span}"
        console.print(Text(sanitize(shown)[: console.width + _SHOWN_CHARS]))


def _lines(counts: dict[str, Any]) -> Iterator[tuple[str, int]]:
    yield "rows in", counts["rows"]
    yield "contaminated", counts["contaminated"]
    for suite, count in counts["contaminated_by_suite"].items():
        yield f"  by {suite}", count
    yield "exact duplicates", counts["exact"]
    yield "near duplicates", counts["near"]
    yield "kept", counts["kept"]


def _of(gone: Removed, name: str) -> set[str]:
    return {getattr(match, name) for match in gone.matches}


def _removed(gone: Removed) -> dict[str, Any]:
    if gone.reason != "contaminated":
        repeat = {"id": gone.id, "reason": gone.reason, "repeats": gone.repeats}
        return repeat if gone.similarity is None else repeat | {"similarity": gone.similarity}
    matches = [
        {"rule": m.rule, "suite": m.suite, "task_id": m.task_id, "field": m.field, "start": m.start, "end": m.end}
        | {"text": span}
        for m, span in zip(gone.matches, gone.spans, strict=True)
    ]
    return {"id": gone.id, "reason": gone.reason, "matches": matches}
