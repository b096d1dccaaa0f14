"""The summary for people, as a table with bars, and for programs, as JSON."""

from dataclasses import asdict, dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from assistant.protocol import Json
from assistant.sanitize import sanitize
from lsp.acceptance.days import DayBars, day_words
from lsp.acceptance.summary import Summary, Sums, Usage

NOTHING_YET = """No suggestion of the last {days} is in the log.
Type in an editor that runs `cairn lsp`: what becomes of its suggestions is noted,
never their text, unless the editor's setting `acceptance_log` is false."""
MAX_COLUMNS = 100
"""Of a terminal that is wider no more is used: eyes lose the line."""
_ENDS = (
    ("█", "accepted", "green"),
    ("▓", "in part", "cyan"),
    ("▒", "typed by hand", "yellow"),
    ("░", "not taken", "dim"),
)
"""Told apart by their shade, too, for who sees no colours."""


def as_json(summary: Summary) -> Json:
    """Every number, rates and intervals included."""
    return {
        "num_days": summary.num_days,
        "total": _numbers(summary.total),
        "groups": [
            {"language": each.language, "model": each.model, "median_latency_ms": each.median_latency_ms}
            | _numbers(each.sums)
            for each in summary.groups
        ],
        "kept_by_day": summary.kept_by_day,
    }


def print_summary(summary: Summary) -> None:
    """Write it to the terminal."""
    console = Console(highlight=False)
    console.print(drawn(summary), width=min(console.width, MAX_COLUMNS))


def drawn(summary: Summary) -> RenderableType:
    """One screen: the sum, the languages of each model, the days."""
    days = day_words(summary.num_days)
    if not summary.groups:
        return Text(NOTHING_YET.format(days=days))
    models = dict.fromkeys(each.model for each in summary.groups)
    return Group(
        Text(f"Suggestions of the last {days}", "bold"),
        _headline(summary.total),
        Text(),
        _table(),
        *(part for model in models for part in _model(summary, model)),
        Text(),
        _legend(),
        Text(),
        DayBars(summary),
    )


def _numbers(sums: Sums) -> Json:
    low, high = sums.interval
    rates = {"rate": sums.rate, "rate_low": low, "rate_high": high, "kept_share": sums.kept_share}
    return asdict(sums) | rates


def _headline(sums: Sums) -> Text:
    kept = f"; of {sums.chars_followed:,} characters {sums.chars_kept:,} were kept" if sums.chars_followed else ""
    return Text(f"{sums.num_shown:,} shown, {sums.num_taken:,} accepted ({_percent(sums.rate)}){kept}")


def _model(summary: Summary, model: str) -> tuple[RenderableType, ...]:
    table = _table(is_heading=False)
    for each in summary.groups:
        if each.model == model:
            _add_row(table, each)
    return Text(sanitize(model) or "a model without a name", "bold"), table


def _table(*, is_heading: bool = True) -> Table:
    """The columns, or their headings: every model has a table, and all are aligned."""
    table = Table(box=None, pad_edge=False, expand=True, show_header=is_heading)
    table.add_column("  language", no_wrap=True, width=16)
    for title, width in (("shown", 6), ("ms", 5), ("accepted", 8)):
        table.add_column(title, justify="right", no_wrap=True, width=width)
    table.add_column("95 %", no_wrap=True, width=6, style="dim")
    table.add_column("outcomes", ratio=1, min_width=8)
    table.add_column("kept", justify="right", no_wrap=True, width=7)
    table.add_column("", justify="right", no_wrap=True, width=5, style="dim")
    return table


def _add_row(table: Table, usage: Usage) -> None:
    sums = usage.sums
    low, high = sums.interval
    table.add_row(
        Text(f"  {sanitize(usage.language) or '-'}"),
        f"{sums.num_shown:,}",
        f"{usage.median_latency_ms:.0f}",
        _percent(sums.rate),
        f"{low * 100:.0f}–{high * 100:.0f}",
        _Ends(sums),
        f"{sums.chars_kept:,}",
        "" if sums.kept_share is None else _percent(sums.kept_share),
    )


@dataclass(frozen=True, slots=True)
class _Ends:
    """A bar as wide as there is room: the shares of all ends."""

    sums: Sums

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(8, options.max_width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        sums, bar, done, reached = self.sums, Text(), 0, 0
        rest = sums.num_shown - sums.num_taken - sums.num_typed
        counts = (sums.num_accepted, sums.num_partly, sums.num_typed, rest)
        for (glyph, _, style), count in zip(_ENDS, counts, strict=True):
            reached += count
            width = round(reached / sums.num_shown * options.max_width) - done
            bar.append(glyph * width, style)
            done += width
        yield bar


def _legend() -> Text:
    pieces = (piece for glyph, name, style in _ENDS for piece in ((glyph, style), f" {name}   "))
    return Text.assemble(*pieces)


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"
