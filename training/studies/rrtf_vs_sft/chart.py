"""The findings as a picture: pass@1 of every arm, and beside it what each adds to its control. A dot is a seed."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup, escape

from training.evaluation.intervals import Estimate
from training.studies.rrtf_vs_sft.arms import Arm
from training.studies.rrtf_vs_sft.statistics import Line

_WIDTH, _ROW, _TOP = 920, 26, 58
_NAMES = 300
_LEFT, _RIGHT = (310, 590), (630, 900)
"""Where the two panels begin and end."""
_DIFFERENCES = (-0.15, 0.15)
"""What is shown of them: effects of a few points are what one looks for; what is beyond is written."""
_STYLE = Markup("""
text { font: 12px system-ui, sans-serif; fill: #24292f } .head { font-weight: 600 } .tick { fill: #6e7781 }
.beyond { fill: #0969da }
.grid { stroke: #d0d7de } .zero { stroke: #57606a } .dot { fill: #0969da; fill-opacity: .35 }
.mean { fill: #0969da } .whisker { stroke: #0969da; stroke-width: 2 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .tick { fill: #8b949e } .beyond { fill: #58a6ff }
.grid { stroke: #30363d }
.zero { stroke: #8b949e } .dot { fill: #58a6ff } .mean { fill: #58a6ff } .whisker { stroke: #58a6ff } }
""")


def chart(rows: Sequence[tuple[Arm, Line, Line | None]]) -> str:
    """An SVG page by itself; it names no font of the network and follows light and dark."""
    bottom = _TOP + _ROW * len(rows)
    parts = [
        *_axis(_LEFT, (0.0, 1.0), 0.25, bottom, "held-out pass@1 %"),
        *_axis(_RIGHT, _DIFFERENCES, 0.05, bottom, "minus its control, points"),
        *(part for number, row in enumerate(rows) for part in _row(row, _TOP + _ROW * number + _ROW / 2)),
    ]
    return Markup('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}"><style>{}</style>{}</svg>\n').format(
        _WIDTH, bottom + 34, _STYLE, Markup("").join(parts)
    )


def _row(row: tuple[Arm, Line, Line | None], y: float) -> Iterator[Markup]:
    arm, line, versus = row
    yield _text(_NAMES, y + 4, arm.title, "name", "end")
    yield from _line(line.by_seed, line.seeds, y, _LEFT, (0.0, 1.0))
    if not versus:
        return
    if abs(versus.seeds.value) <= _DIFFERENCES[1]:
        yield from _line(versus.by_seed, versus.seeds, y, _RIGHT, _DIFFERENCES)
    else:
        words, is_left = f"{100 * versus.seeds.value:+.1f}", versus.seeds.value < 0
        words = f"◂ {words}" if is_left else f"{words} ▸"
        yield _text(_RIGHT[0 if is_left else 1], y + 4, words, "beyond", "start" if is_left else "end")


def _line(
    values: Sequence[float], mean: Estimate, y: float, panel: tuple[int, int], scale: tuple[float, float]
) -> Iterator[Markup]:
    for value in (each for each in values if scale[0] <= each <= scale[1]):
        yield Markup('<circle class="dot" cx="{:.1f}" cy="{}" r="3.5"/>').format(_x(value, panel, scale), y)
    low, high = (_x(min(max(each, scale[0]), scale[1]), panel, scale) for each in (mean.low, mean.high))
    if len(values) > 1:
        yield Markup('<line class="whisker" x1="{:.1f}" x2="{:.1f}" y1="{y}" y2="{y}"/>').format(low, high, y=y)
    x = _x(mean.value, panel, scale)
    yield Markup('<rect class="mean" x="{:.1f}" y="{}" width="4" height="14" rx="1"/>').format(x - 2, y - 7)


def _axis(
    panel: tuple[int, int], scale: tuple[float, float], step: float, bottom: float, title: str
) -> Iterator[Markup]:
    yield _text(panel[0], 22, title, "head", "start")
    for number in range(round((scale[1] - scale[0]) / step) + 1):
        value = scale[0] + number * step
        x = _x(value, panel, scale)
        kind = "zero" if abs(value) < 1e-9 else "grid"
        yield Markup('<line class="{}" x1="{x:.1f}" x2="{x:.1f}" y1="{}" y2="{}"/>').format(kind, _TOP - 8, bottom, x=x)
        signed = f"{100 * value:+.0f}" if scale[0] < 0 and kind != "zero" else f"{100 * value:.0f}"
        yield _text(x, bottom + 18, signed, "tick", "middle")


def _x(value: float, panel: tuple[int, int], scale: tuple[float, float]) -> float:
    return panel[0] + (value - scale[0]) / (scale[1] - scale[0]) * (panel[1] - panel[0])


def _text(x: float, y: float, words: str, kind: str, anchor: str) -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        kind, x, y, anchor, escape(words)
    )
