"""What was found, as lines for a table, a chart and a machine. Arms that are not done are left out."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from training.atomic import write_text
from training.evaluation.intervals import Estimate
from training.studies.rrtf_vs_sft.arms import ARMS, PRIMARY, Arm
from training.studies.rrtf_vs_sft.chart import chart
from training.studies.rrtf_vs_sft.plan import measured_files
from training.studies.rrtf_vs_sft.statistics import Line, Solved, of_arm, of_difference

HELD_OUT = "held_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An arm, and how far it is from its control."""

    arm: Arm
    held_out: Line
    seen: Line
    versus: Line | None
    """On held-out combinations; None for the base model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that the study says."""

    rows: tuple[Row, ...]
    primary: Line | None
    """None until a seed has both arms."""


def find(folder: Path) -> Findings:
    """Read what is measured so far."""
    measured = [json.loads(file.read_text("utf-8")) for file in measured_files(folder)]
    held_out, seen = _solved(measured, HELD_OUT), _solved(measured, "seen")
    rows = tuple(_rows(held_out, seen))
    has_primary = set(held_out.get(PRIMARY[0], ())) & set(held_out.get(PRIMARY[1], ()))
    return Findings(rows=rows, primary=of_difference(*PRIMARY, held_out) if has_primary else None)


def write(findings: Findings, folder: Path) -> None:
    """`results.json`, `table.md` and `chart.svg`."""
    write_text(folder / "results.json", json.dumps(as_json(findings), indent=1) + "\n")
    write_text(folder / "table.md", markdown(findings))
    write_text(folder / "chart.svg", chart([(row.arm, row.held_out, row.versus) for row in findings.rows]))


def as_json(findings: Findings) -> dict[str, Any]:
    """For machines."""
    return {
        "primary": asdict(findings.primary) if findings.primary else None,
        "arms": [
            {
                "name": row.arm.name,
                "title": row.arm.title,
                "control": row.arm.control,
                "held_out": asdict(row.held_out),
                "seen": asdict(row.seen),
                "versus_control": asdict(row.versus) if row.versus else None,
            }
            for row in findings.rows
        ],
    }


def markdown(findings: Findings) -> str:
    """The table as it stands in the README."""
    head = "| arm | seeds | held-out pass@1 % | seen % | minus its control, points | problems alone |"
    lines = [head, "|---|---|---|---|---|---|"]
    lines += ["| " + " | ".join(cells(row)) + " |" for row in findings.rows]
    return "\n".join([*lines, ""])


def cells(row: Row) -> tuple[str, ...]:
    """A row in words: intervals over training seeds, the last over problems for these very models."""
    versus = row.versus
    return (
        row.arm.title,
        str(len(row.held_out.by_seed)),
        share(row.held_out.seeds),
        f"{100 * row.seen.seeds.value:.1f}",
        f"{points(versus.seeds)} ({row.arm.control})" if versus else "",
        interval(versus.problems) if versus else "",
    )


def share(estimate: Estimate) -> str:
    """In percent."""
    return f"{100 * estimate.value:.1f} {interval(estimate)}"


def points(estimate: Estimate) -> str:
    """In points, with a sign."""
    return f"{100 * estimate.value:+.1f} {interval(estimate)}"


def interval(estimate: Estimate) -> str:
    """Its bounds, where it has any."""
    if estimate.low == float("-inf"):
        return "[one seed]"
    return f"[{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"


def _solved(measured: Sequence[dict[str, Any]], side: str) -> Solved:
    solved: dict[str, dict[int, list[float]]] = {}
    for each in measured:
        solved.setdefault(each["arm"], {})[each["seed"]] = each[side]["solved"]
    return solved


def _rows(held_out: Solved, seen: Solved) -> Iterator[Row]:
    for arm in (each for each in ARMS if each.name in held_out):
        has_control = bool(set(held_out.get(arm.control, ())) & set(held_out[arm.name]))
        yield Row(
            arm=arm,
            held_out=of_arm(arm.name, held_out),
            seen=of_arm(arm.name, seen),
            versus=of_difference(arm.name, arm.control, held_out) if has_control else None,
        )
