"""What became of a repository's functions, for people and for machines."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from assistant.sanitize import sanitize
from training.repository.mine import Mined


def counts_of(mined: Mined) -> dict[str, Any]:
    """How many functions there are, how many became problems, and why not more."""
    return {
        "functions": mined.num_functions,
        "problems": len(mined.tasks),
        "checks": sum(len(task.checks) for task in mined.tasks),
        "left_out": dict(mined.left_out.most_common()),
        "tests": mined.tests,
    }


def print_mined(mined: Mined, out: Path) -> None:
    """The same as a table."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(justify="right")
    table.add_column()
    table.add_row(str(mined.num_functions), "functions")
    for reason, count in mined.left_out.most_common():
        table.add_row(str(count), f"[dim]{reason}[/dim]")
    table.add_row(str(len(mined.tasks)), f"[bold]problems[/bold] with {counts_of(mined)['checks']} checks")
    console = Console()
    console.print(table)
    console.print(sanitize(f"Its tests: {mined.tests}\nWritten to {out}"), markup=False, highlight=False)
