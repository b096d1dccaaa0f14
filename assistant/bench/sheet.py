"""What every benchmark reports: sheets of rows, as tables for people and as JSON for programs."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.bar import Bar
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from assistant.protocol import Json
from assistant.sanitize import sanitize

BAR_COLUMNS = 24
Cell = str | float | int | None
"""None: not measured, because the server does not say it or a row does not have it."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One measurement."""

    title: str
    columns: tuple[str, ...]
    """With their units."""
    rows: tuple[tuple[Cell, ...], ...]
    bars: str = ""
    """The column that is also drawn."""


def as_json(sheets: Iterable[Sheet]) -> list[Json]:
    """Every row with its columns' names."""
    return [
        {"title": sheet.title, "rows": [dict(zip(sheet.columns, row, strict=True)) for row in sheet.rows]}
        for sheet in sheets
    ]


def print_sheets(sheets: Iterable[Sheet]) -> None:
    """Write the tables to the terminal."""
    Console(highlight=False).print(drawn(sheets))


def drawn(sheets: Iterable[Sheet]) -> Group:
    """Lay the sheets out below each other."""
    parts: list[RenderableType] = []
    for sheet in sheets:
        parts += [Text(sanitize(sheet.title), "bold"), _table(sheet), Text()]
    return Group(*parts)


def _table(sheet: Sheet) -> Table:
    table = Table(box=None, pad_edge=False)
    for number, column in enumerate(sheet.columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=not number)
    if sheet.bars:
        table.add_column()
    for row in sheet.rows:
        cells: list[RenderableType] = [Text(sanitize(written(cell))) for cell in row]
        table.add_row(*cells, *_bar(sheet, row))
    return table


def _bar(sheet: Sheet, row: tuple[Cell, ...]) -> list[Bar]:
    """From 0 to the row's value, on the scale of the largest."""
    if not sheet.bars:
        return []
    place = sheet.columns.index(sheet.bars)
    largest = max(_number(each[place]) for each in sheet.rows)
    return [Bar(largest or 1.0, 0, _number(row[place]), width=BAR_COLUMNS)]


def _number(cell: Cell) -> float:
    return float(cell) if isinstance(cell, int | float) else 0.0


def written(cell: Cell) -> str:
    """A cell for people: three significant digits, no exponent."""
    if cell is None:
        return "-"
    if not isinstance(cell, float):
        return str(cell)
    digits = 0 if abs(cell) >= 100 else 1 if abs(cell) >= 10 else 2 if abs(cell) >= 1 else 3
    return f"{cell:.{digits}f}"
