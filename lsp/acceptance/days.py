"""What was kept from day to day, as a small plot of block characters."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from lsp.acceptance.summary import Summary

HEIGHT = 4
MAX_BARS = 62
_LEVELS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class DayBars:
    """Characters kept; of a long time several days are one bar, and the days before the first are none."""

    summary: Summary

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        per_bar = ceil(self.summary.num_days / min(MAX_BARS, options.max_width))
        bars = _joined(self.summary.kept_by_day, per_bar)
        if len(bars) < 2:  # one day is no course
            return
        width = 2 if 2 * len(bars) <= options.max_width else 1
        unit = "a day" if per_bar == 1 else f"in {day_words(per_bar)}"
        yield Text(f"Characters kept {unit}, at most {max(bars):,}", "bold")
        for row in reversed(range(HEIGHT)):
            yield Text("".join(_block(value / max(bars), row) * width for value in bars), "green", no_wrap=True)
        ago = f"{day_words(len(bars) * per_bar)} ago"
        yield Text(f"{ago}{'today':>{max(len(bars) * width - len(ago), 7)}}", "dim")


def day_words(num_days: int) -> str:
    """A length of time."""
    return "day" if num_days == 1 else f"{num_days} days"


def _joined(days: Sequence[int], per_bar: int) -> list[int]:
    """Sums of so many days, the last complete, from the first that is not 0."""
    bars = [sum(days[max(0, end - per_bar) : end]) for end in range(len(days), 0, -per_bar)][::-1]
    return bars[next((number for number, value in enumerate(bars) if value), len(bars)) :]


def _block(share: float, row: int) -> str:
    """What of a bar of this height is seen in a row; they count from the bottom."""
    eighths = ceil(share * HEIGHT * 8) - row * 8
    return _LEVELS[max(0, min(eighths, 8))]
