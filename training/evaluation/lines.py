"""Lines over steps, with a band where there is an interval."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from training.evaluation.charts import WIDTH, svg, text

_HEIGHT = 200
_LEFT, _RIGHT, _TOP = 64, 8, 8
_NUM_TICKS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Values over steps."""

    points: Sequence[tuple[float, float]]
    """(step, value), steps ascending."""
    band: Sequence[tuple[float, float]] = ()
    """(low, high) at each point."""


def lines(rows: Sequence[Line], title: str, *, top: float | None = None, percent: bool = False) -> Markup:
    """Lines in one frame that begins at 0.

    Args:
        rows: At least one of them has points.
        title: For people who do not see it.
        top: The largest value of the frame; else the largest there is.
        percent: Values are shares.
    """
    last = max(step for row in rows for step, _ in row.points) or 1
    highest = top or max([*(value for row in rows for _, value in row.points), 1e-9])
    drawn = list(_frame(last, highest, percent))
    for row in rows:
        places = [(_x(step / last), _y(value / highest)) for step, value in row.points]
        if row.band:
            drawn.append(_band(row, [x for x, _ in places], highest))
        drawn.append(Markup('<path class="line" d="{}"/>').format(_path(places)))
    return svg(_HEIGHT + 24, title, drawn)


def _frame(last: float, highest: float, percent: bool) -> Iterator[Markup]:
    for tick in range(_NUM_TICKS + 1):
        share = tick / _NUM_TICKS
        y, value = _y(share), share * highest
        yield Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(_LEFT, WIDTH - _RIGHT, y, y)
        yield text(_LEFT - 10, y + 4, f"{value:.0%}" if percent else f"{value:.3g}", "tick", "end")
        anchor = "end" if tick == _NUM_TICKS else "middle"
        yield text(_x(share), _HEIGHT + 20, f"{share * last:.0f}", "tick", anchor)


def _band(row: Line, xs: Sequence[float], highest: float) -> Markup:
    lower = [(x, _y(low / highest)) for x, (low, _) in zip(xs, row.band, strict=True)]
    upper = [(x, _y(high / highest)) for x, (_, high) in zip(xs, row.band, strict=True)]
    return Markup('<path class="band" d="{}Z"/>').format(_path([*lower, *reversed(upper)]))


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)


def _x(share: float) -> float:
    return _LEFT + share * (WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _TOP + (1 - share) * (_HEIGHT - _TOP)
