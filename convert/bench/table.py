"""The report of `cairn bench convert` as a table."""

from rich.console import Console
from rich.table import Table

from convert.bench.run import Report, TypeReport


def print_report(report: Report) -> None:
    """One line a type; the peer's columns only if it ran."""
    table = Table(box=None, pad_edge=False)
    table.add_column("type")
    titles = ["time", "GB/s", "M weights/s", "peak RSS", "file"]
    for title in titles + (["llama.cpp", "peak RSS", "ratio"] if report.peer_16_bit else []):
        table.add_column(title, justify="right", no_wrap=True)
    for each in report.types:
        table.add_row(*_cells(each))
    console = Console(highlight=False)
    source = f"{report.num_weights / 1e6:.0f} M weights, {report.source_bytes / 1e9:.2f} GB in BF16"
    console.print(f"{report.shape}: {source}, written in {report.checkpoint_s:.1f} s; {report.num_threads} threads")
    console.print(table)
    if step_one := report.peer_16_bit:
        peak = f"peak RSS {step_one.peak_rss_bytes / 1e9:.2f} GB"
        console.print(f"llama.cpp's times include {step_one.elapsed_s:.1f} s for the BF16 file ({peak})")
        different = [each.file_type for each in report.types if not each.is_identical]
        verdict = f"DIFFERENT for {', '.join(different)}" if different else "identical, bit by bit"
        console.print(f"tensors: {verdict}")


def _cells(each: TypeReport) -> list[str]:
    cells = [
        each.file_type,
        f"{each.elapsed_s:.1f} s",
        f"{each.source_gb_per_s:.2f}",
        f"{each.weights_per_s / 1e6:.0f}",
        f"{each.peak_rss_bytes / 1e9:.2f} GB",
        f"{each.num_bytes / 1e9:.3f} GB",
    ]
    if each.peer:
        cells += [f"{each.peer.elapsed_s:.1f} s", f"{each.peer.peak_rss_bytes / 1e9:.2f} GB", f"{each.ratio:.2f}"]
    return cells
