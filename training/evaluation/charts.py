"""Small SVG charts. Colours and fonts are the page's: its classes name them, so that they follow light and dark."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log10

from markupsafe import Markup, escape

from assistant.sanitize import sanitize

WIDTH = 720
_LABEL, _VALUE = 172, 152
"""Room left of the bars for names, and right of them for figures."""
_ROW = 30
_DECADES = ("10 µs", "0.1 ms", "1 ms", "10 ms", "0.1 s", "1 s", "10 s")
_NUM_TIMES = 4 * (len(_DECADES) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A share with a name, between 0 and 1."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    is_ours: bool = True


def bars(rows: Sequence[Bar]) -> Markup:
    """Horizontal bars from 0 to 100 %, with whiskers where there is an interval."""
    height = _ROW * len(rows) + 24
    parts = [*_grid(height - 22)]
    for number, row in enumerate(rows):
        parts.append(_bar(row, 6 + number * _ROW))
    return svg(height, "pass@k of this model and of others", parts)


def _grid(height: float) -> Iterator[Markup]:
    for percent in (0, 25, 50, 75, 100):
        x = _x(percent / 100)
        yield Markup('<line class="grid" x1="{0:.1f}" x2="{0:.1f}" y1="0" y2="{1}"/>').format(x, height)
        yield Markup('<text class="tick" x="{:.1f}" y="{}" text-anchor="middle">{}%</text>').format(
            x, height + 16, percent
        )


def _bar(row: Bar, y: float) -> Markup:
    middle = y + 9
    parts = [
        text(_LABEL - 12, middle + 4, row.name, "name ours" if row.is_ours else "name", "end"),
        Markup('<rect class="{}" x="{:.1f}" y="{}" width="{:.1f}" height="18" rx="3"/>').format(
            "ours" if row.is_ours else "theirs", _x(0), y, max(1.5, _x(row.value) - _x(0))
        ),
    ]
    words = f"{row.value:.1%}"
    if row.low is not None and row.high is not None:
        low, high = _x(row.low), _x(row.high)
        path = f"M{low:.1f} {middle}H{high:.1f}M{low:.1f} {middle - 5}v10M{high:.1f} {middle - 5}v10"
        parts.append(Markup('<path class="whisker" d="{}"/>').format(path))
        words += f"  [{100 * row.low:.1f}, {100 * row.high:.1f}]"
    parts.append(text(WIDTH - _VALUE + 12, middle + 4, words, "value ours" if row.is_ours else "value", "start"))
    return Markup("").join(parts)


def stack(parts: Sequence[tuple[str, int, str]]) -> Markup:
    """One bar cut into (name, count, class of its colour)."""
    total = sum(count for _, count, _ in parts)
    x, drawn = 0.0, []
    for name, count, kind in parts:
        width = WIDTH * count / total
        words = f"{name}: {count} of {total}"
        drawn.append(
            Markup('<rect class="{}" x="{:.1f}" y="0" width="{:.1f}" height="34"><title>{}</title></rect>').format(
                kind, x, width, words
            )
        )
        if width > 44:
            drawn.append(text(x + width / 2, 22, f"{count / total:.0%}", "inside", "middle"))
        x += width
    return svg(34, "answers by outcome", drawn)


def cells(shares: Sequence[tuple[str, float]]) -> Markup:
    """A square for each problem, the fuller the more of its answers pass."""
    num_columns = 40
    size = WIDTH / num_columns
    drawn = [
        Markup(
            '<rect class="cell" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="3" style="--share:{:.0f}%">'
            "<title>{}: {:.0%}</title></rect>"
        ).format(
            number % num_columns * size,
            number // num_columns * size,
            size - 3,
            size - 3,
            100 * share,
            sanitize(name),
            share,
        )
        for number, (name, share) in enumerate(shares)
    ]
    return svg(-(-len(shares) // num_columns) * size, "each problem", drawn)


def times(values_ms: Sequence[float]) -> Markup:
    """How many problems took how long, on a logarithmic scale from 10 us to 10 s; four bars a decade."""
    counts = [0] * _NUM_TIMES
    for value in values_ms:
        counts[min(_NUM_TIMES - 1, max(0, int(4 * (log10(max(value, 1e-9)) + 2))))] += 1
    width, top = WIDTH / _NUM_TIMES, max(counts)
    drawn: list[Markup] = []
    for number, count in enumerate(counts):
        height = 90 * count / top
        drawn.append(
            Markup('<rect class="ours" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2"/>').format(
                number * width + 1.5, 104 - height, width - 3, height
            )
        )
        if count:
            drawn.append(text((number + 0.5) * width, 100 - height, str(count), "tick", "middle"))
    drawn.append(Markup('<line class="grid" x1="0" x2="{}" y1="104.5" y2="104.5"/>').format(WIDTH))
    for decade, words in enumerate(_DECADES):
        anchor = {0: "start", len(_DECADES) - 1: "end"}.get(decade, "middle")
        drawn.append(text(4 * decade * width, 120, words, "tick", anchor))
    return svg(124, "processor time of the problems", drawn)


def _x(share: float) -> float:
    return _LABEL + share * (WIDTH - _LABEL - _VALUE)


def text(x: float, y: float, words: str, kind: str, anchor: str) -> Markup:
    """Words of anybody, cleaned and escaped."""
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        kind, x, y, anchor, escape(sanitize(words))
    )


def svg(height: float, title: str, parts: Sequence[Markup]) -> Markup:
    """A picture as wide as the page."""
    return Markup('<svg viewBox="0 0 {} {:.0f}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, height, title, Markup("").join(parts)
    )
