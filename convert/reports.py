"""Tables for people; the same numbers are JSON for machines."""

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from assistant.sanitize import sanitize
from convert.estimate import Estimate


def print_estimate(estimate: Estimate) -> None:
    """Print the planned file, a row per role of tensors."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("tensors")
    for column in ("", "weights", "bytes"):
        table.add_column(column, justify="right")
    table.add_column("stored as")
    for role in sorted(estimate.roles, key=lambda role: -role.num_bytes):
        types = ", ".join(
            f"{kind}" if len(role.types) == 1 else f"{count} {kind}" for kind, count in role.types.items()
        )
        row = (sanitize(role.name), str(role.num_tensors), _count(role.num_parameters), decimal(role.num_bytes), types)
        table.add_row(*map(Text, row))
    console = Console()
    console.print(table)
    console.print(
        f"\n[bold]{decimal(estimate.num_bytes)}[/] as {estimate.file_type}: {_count(estimate.num_parameters)} weights, "
        f"{estimate.bits_per_weight} bits each, from {decimal(estimate.source_bytes)}.",
        highlight=False,
    )
    console.print(
        f"About {decimal(estimate.memory_bytes)} of memory and {_duration(estimate.quantize_s)} of quantising; "
        "reading and writing come on top.",
        highlight=False,
    )


def _mix(types: dict[str, int]) -> str:
    """Return "Q4_K", or "20 Q4_K, 20 Q6_K"."""
    return next(iter(types)) if len(types) == 1 else ", ".join(f"{count} {kind}" for kind, count in types.items())


def _count(number: int) -> str:
    """Return 15.5 B, 1.2 M, 320."""
    for unit, size in (("B", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return str(number)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
