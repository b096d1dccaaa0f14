"""The sheet of `cairn bench lsp`."""

from collections.abc import Iterable

from assistant.bench.sheet import Cell, Sheet
from assistant.bench.statistics import percentile, ratio
from lsp.bench.measured import Measured

COLUMNS = ("ms", "p50", "p95", "bound", "pygls p50", "pygls p95", "ratio")


def latency_sheet(measured: Iterable[Measured]) -> Sheet:
    """One line for each quantity."""
    return Sheet(
        "Latency without the model, wall clock; all but the search over stdio",
        COLUMNS,
        tuple(map(_row, measured)),
    )


def _row(measured: Measured) -> tuple[Cell, ...]:
    ours, peer = ([percentile(values, rank) for rank in (50, 95)] for values in (measured.ours_ms, measured.peer_ms))
    return (measured.name, *ours, measured.bound_ms, *peer, ratio(ours[1], peer[1]))
