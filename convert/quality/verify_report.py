"""A comparison for people: a table, the distribution of the divergence as bars, and one sentence."""

from itertools import pairwise

from rich.bar import Bar
from rich.console import Group
from rich.table import Table
from rich.text import Text

from assistant.sanitize import sanitize
from convert.quality.verify import Comparison

BAR_COLUMNS = 40
_VERDICTS = ((1e-5, "computes what"), (1e-2, "predicts nearly what"), (0.1, "predicts roughly what"))
"""By mean KL in nats: arithmetic alone is below the first, Q8_0 and Q6_K below the second, 4 bits below the third."""


def verdict(found: Comparison) -> str:
    """Say in one sentence how close the two are."""
    levels = (words for most, words in _VERDICTS if found.mean_kl_nats < most)
    words = next(levels, "predicts something else than what")
    divergence = f"KL {found.mean_kl_nats:.2g} nats on average"
    agreement = f"the same likeliest token at {found.top1_agreement:.2%} of {found.num_positions} positions"
    return sanitize(f"{found.tested} {words} {found.reference} does: {divergence}, {agreement}.")


def report(found: Comparison) -> Group:
    """Lay it all out."""
    return Group(_numbers(found), Text(), _histogram(found), Text(), Text(verdict(found)))


def _numbers(found: Comparison) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in (
        ("KL(A || B), mean", f"{found.mean_kl_nats:.3g} nats"),
        ("KL(A || B), 99 % below", f"{found.kl_99_nats:.3g} nats"),
        ("KL(A || B), largest", f"{found.max_kl_nats:.3g} nats"),
        ("same likeliest token", f"{found.top1_agreement:.2%}"),
        ("NMSE of the logits", f"{found.nmse:.3g}"),
        ("perplexity of A", f"{found.reference_perplexity:.4f}"),
        ("perplexity of B", f"{found.tested_perplexity:.4f}"),
        ("positions", f"{found.num_positions} in {found.num_chunks} chunks"),
    ):
        table.add_row(Text(name, "bold"), value)
    return table


def _histogram(found: Comparison) -> Table:
    """A bar a decade of divergence, those at both ends that are empty left out."""
    table = Table(box=None, pad_edge=False)
    table.add_column("KL, nats", justify="right")
    table.add_column("positions", justify="right")
    table.add_column()
    edges = [f"{edge:.0e}" for edge in found.kl_edges_nats]
    labels = [
        f"< {edges[0]}",
        *(f"{low} to {high}" for low, high in pairwise(edges)),
        f"≥ {edges[-1]}",
    ]
    filled = [row for row, count in enumerate(found.kl_histogram) if count]
    for row in range(filled[0], filled[-1] + 1):
        count = found.kl_histogram[row]
        table.add_row(labels[row], str(count), Bar(max(found.kl_histogram), 0, count, width=BAR_COLUMNS))
    return table
