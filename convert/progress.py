"""The progress bar of every long command: on stderr, only in a terminal, gone when the work is done."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TimeRemainingColumn


@contextmanager
def showing(*columns: str | ProgressColumn) -> Generator[Callable[..., None]]:
    """Show a bar, the given columns and the time left.

    Yields:
        A function of what is done, what there is in all (None: not known), and perhaps what the work is called.
    """
    console = Console(stderr=True)
    everything = (BarColumn(), *columns, TimeRemainingColumn())
    with Progress(*everything, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def advance(done: int, total: int | None, what: str = "") -> None:
            bar.update(task, completed=done, total=total, description=what)

        yield advance
