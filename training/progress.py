"""What a run says while it works: a bar on a terminal, plain lines elsewhere, and `metrics.jsonl` always."""

import json
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class Reporter:
    """Reports one stage. Metrics are appended, so that a resumed run continues its own file."""

    def __init__(self, stage: str, total: int, metrics_path: Path, *, done: int = 0) -> None:
        metrics_path.parent.mkdir(parents=True, exist_ok=True)
        self._stage = stage
        self._metrics = metrics_path.open("a", encoding="utf-8")
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn(stage),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task(stage, total=total, completed=done, note="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()
        self._metrics.close()

    def advance(self, done: int) -> None:
        """Move the bar."""
        self._bar.update(self._task, completed=done)

    def record(self, step: int, **values: float) -> None:
        """Append one row of metrics and show it."""
        row = {"stage": self._stage, "step": step, "time_s": round(time.time(), 1), **values}
        self._metrics.write(json.dumps(row) + "\n")
        self._metrics.flush()
        note = "  ".join(f"{name} {value:.4g}" for name, value in values.items())
        self._bar.update(self._task, completed=step, note=note)
        if not self._console.is_terminal:
            print(f"{self._stage} {step}  {note}", file=sys.stderr, flush=True)

    def say(self, words: str) -> None:
        """Print a line of ours above the bar."""
        self._console.print(f"{self._stage}, {words}", markup=False, highlight=False)
