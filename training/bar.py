"""How far a stage is, on stderr: a bar with the time left on a terminal, a line now and then elsewhere."""

import contextlib
import sys
from collections.abc import Callable, Generator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

_LINES = 20
"""That a whole stage prints where there is no terminal."""


@contextlib.contextmanager
def bar(stage: str, total: int, done: int = 0) -> Generator[Callable[[int], None]]:
    """Yield what is called with the number of items that were finished just now."""
    console = Console(stderr=True)
    columns = (TextColumn(stage), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        shown = progress.add_task(stage, total=total, completed=done)
        finished = done

        def advance(count: int) -> None:
            nonlocal finished
            before, finished = finished, finished + count
            progress.advance(shown, count)
            if not console.is_terminal and before * _LINES // max(total, 1) < finished * _LINES // max(total, 1):
                print(f"{stage} {finished}/{total}", file=sys.stderr, flush=True)

        yield advance
