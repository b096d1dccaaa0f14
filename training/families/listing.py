"""The families as a table."""

import math
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from training.families.catalogue import FAMILIES, HELD_OUT
from training.families.composing import all_slots
from training.families.family import Family


def family_rows() -> list[dict[str, Any]]:
    """One row for each family; `combinations` leaves constants out of account."""
    return [
        {
            "family": family.name,
            "subject": family.subject,
            "level": family.level,
            "takes": [kind.name for kind in family.takes.values()],
            "styles": len(family.styles),
            "combinations": _num_combinations(family),
            "held_out": family.name in HELD_OUT,
        }
        for family in FAMILIES
    ]


def print_families() -> None:
    """The same for people."""
    table = Table(box=None, pad_edge=False)
    for title in ("family", "subject", "level", "takes", "styles", "combi-\nnations", "held\nout"):
        table.add_column(title, no_wrap=title == "family")
    for row in family_rows():
        cells = {**row, "takes": ", ".join(row["takes"]), "held_out": "yes" if row["held_out"] else ""}
        table.add_row(*map(str, cells.values()))
    Console(highlight=False).print(table)


def _num_combinations(family: Family) -> int:
    """Named choices, with a step also left out."""
    slots = all_slots(family)
    named = {slot: len(options) for slot, options in slots.items() if isinstance(options, Mapping)}
    return math.prod(number + (slot in ("prepare", "finish")) for slot, number in named.items())
