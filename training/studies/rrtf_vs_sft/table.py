"""The findings in a terminal."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from training.studies.rrtf_vs_sft.arms import BY_NAME, PRIMARY
from training.studies.rrtf_vs_sft.report import Findings, Row, points, share


def print_findings(findings: Findings, folder: Path) -> None:
    """A table that fits 80 columns, the primary comparison, and where the rest is."""
    if not findings.rows:
        click.echo(f"nothing is measured in {folder} yet")
        return
    table = Table("arm", "seeds", "pass@1 %", "minus control", box=None, pad_edge=False)
    for row in findings.rows:
        table.add_row(*_cells(row))
    console = Console()
    console.print(table)
    if findings.primary:
        first, second = (BY_NAME[name].title for name in PRIMARY)
        num_seeds = len(findings.primary.by_seed)
        click.echo(f"\n{first} minus {second}, {num_seeds} seeds: {points(findings.primary.seeds)}")
    click.echo(f"95 % intervals over training seeds. More: {folder}/results.json, table.md, chart.svg")


def _cells(row: Row) -> tuple[str, str, str, str]:
    versus = points(row.versus.seeds) if row.versus else ""
    return row.arm.title, str(len(row.held_out.by_seed)), share(row.held_out.seeds), versus
