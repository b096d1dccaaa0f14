"""The stage that writes `problems.jsonl`."""

import time
from collections import Counter
from pathlib import Path
from typing import Any, cast

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from assistant.errors import InputError
from assistant.sandbox.programs import ProgramRunner
from training.families.drawing import Split, draw_tasks
from training.jsonl import append_rows, iterate_rows
from training.rows import to_json


def write_problems(path: Path, split: str, count: int, seed: int, *, num_workers: int) -> dict[str, Any]:
    """Bring `path` to `count` problems of one split, and say what was done.

    Raises:
        InputError: The file has other rows, or there are not as many distinct problems.
        SandboxError: The fence around programs failed.
    """
    start, origins = time.monotonic(), [_origin(path, row, split, seed) for row in iterate_rows(path)]
    before = len(origins)
    with _progress() as bar, ProgramRunner(num_workers) as runner:
        task = bar.add_task("problems", total=count, completed=before)
        rounds = draw_tasks(cast(Split, split), seed, runner, done=iterate_rows(path)) if before < count else iter(())
        for drawn in rounds:
            rows = [to_json(each) for each in drawn[: count - len(origins)]]
            append_rows(path, rows)
            origins += [row["provenance"] for row in rows]
            bar.update(task, completed=len(origins))
            if len(origins) >= count:
                break
    return {
        "problems": str(path),
        "split": split,
        "rows": len(origins),
        "new_rows": len(origins) - before,
        "families": len({origin["source"] for origin in origins}),
        "by_level": dict(sorted(Counter(str(origin["details"]["level"]) for origin in origins).items())),
        "seconds": round(time.monotonic() - start, 1),
    }


def _origin(path: Path, row: dict[str, Any], split: str, seed: int) -> dict[str, Any]:
    origin = row["provenance"]
    if (origin["stage"], origin.get("seed", 0), origin["details"].get("split")) != ("families", seed, split):
        raise InputError(f"{path} has problems of another split or seed", hint="Name another file with --out.")
    return origin


def _progress() -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)
