"""One answer of the model: one widget, however long, while it streams and after."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from assistant.sanitize import sanitize
from assistant.tui.look import Look
from assistant.tui.markdown import CodeBlock, blocks, code_blocks, fence_bare_code, render

_BLANK = Strip([])
_REST = 8
"""After drawing, wait this many times as long as it took: a long open block is drawn less often, never at more cost."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A code block and the lines it stands on."""

    block: CodeBlock
    start: int
    end: int


class Answer(Widget):
    """Markdown that grows at its end, above one dim line that says how it goes.

    Settled blocks keep their lines; only what comes after them is laid out again, when `flush` is called.
    """

    DEFAULT_CSS = """
    Answer { height: auto; max-width: 100; padding: 0 2; margin-bottom: 1; }
    """

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self._unseen: list[str] = []
        self._blocks = [""]
        self._note = ""
        self._width = 0
        self._settled: list[Strip] = []
        self._settled_code: list[Placed] = []
        self._num_settled = 0
        self._lines: list[Strip] = []
        self._rest_until_s = 0.0
        self.code: Sequence[Placed] = ()
        """Its code blocks, from top to bottom, as far as they are laid out."""
        self.chosen: int | None = None
        """Which of them is marked; the transcript sees to it that there is only one."""

    @property
    def text(self) -> str:
        """All of it, as it is shown."""
        return "".join([*self._blocks, *self._unseen])

    @property
    def note(self) -> str:
        """What stands below it."""
        return self._note

    def choose(self, index: int | None) -> None:
        """Mark this code block alone, or none."""
        self.chosen = index
        self.refresh()

    def write(self, text: str) -> None:
        """Add to the answer; shown at the next `flush`."""
        self._unseen.append(sanitize(text))

    def flush(self, note: str) -> None:
        """Show what was written since, above `note`; left for the next call where drawing just cost much."""
        started_s = time.monotonic()
        if started_s >= self._rest_until_s:
            self._show(note)
            self._rest_until_s = started_s + _REST * (time.monotonic() - started_s)

    def finish(self, note: str) -> None:
        """Show all of it, above its last `note`."""
        self._show(note)

    def restyle(self, look: Look) -> None:
        """Draw all of it again in other colours."""
        self.look = look
        self._lay_out(self._width, afresh=True)
        self.refresh()

    def _show(self, note: str) -> None:
        tail = self._blocks[-1] + "".join(self._unseen)
        self._unseen.clear()
        self._blocks[-1:] = blocks(fence_bare_code(tail) if len(self._blocks) == 1 else tail)
        self._note = note
        height = len(self._lines)
        self._lay_out(self._width)
        self.refresh(layout=len(self._lines) != height)

    def _lay_out(self, width: int, *, afresh: bool = False) -> None:
        if afresh or width != self._width:
            self._width, self._settled, self._settled_code, self._num_settled = width, [], [], 0
        if not width:  # not on the screen yet: laid out when its place is known
            return
        for block in self._blocks[self._num_settled : -1]:
            strips = render(block, width, self.look)
            self._settled_code += _placed(block, len(self._settled), len(strips))
            self._settled += [*strips, _BLANK]
        self._num_settled = len(self._blocks) - 1
        tail = render(self._blocks[-1], width, self.look)
        text = [*self._settled, *tail]
        self.code = [*self._settled_code, *_placed(self._blocks[-1], len(self._settled), len(tail))]
        note = Strip([Segment(self._note, Style(dim=True))])
        self._lines = text if text and not self._note else [*text, _BLANK, note] if text else [note]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Count the lines at `width` cells."""
        if width != self._width:
            self._lay_out(width)
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """Give line `y`, with the selection shown and the offsets from which the mouse selects."""
        line = self._lines[y] if y < len(self._lines) else _BLANK
        if self.chosen is not None and self.code[self.chosen].start <= y < self.code[self.chosen].end:
            line = Strip.join([Strip([Segment("▌", self.look.mark)]), line.crop(1)])
        span = self.text_selection.get_span(y) if self.text_selection else None
        if span is not None:
            line = _paint(line, span, self.screen.get_component_rich_style("screen--selection"))
        whole = line.crop_extend(0, self.size.width, None).apply_style(self.rich_style)
        return whole.apply_offsets(0, y)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Give the selected text without the padding of its lines."""
        return selection.extract("\n".join(line.text.rstrip() for line in self._lines)), "\n"


def _placed(block: str, start: int, num_lines: int) -> list[Placed]:
    """The code of one laid-out piece of Markdown. In a list, all code of the list stands on the lines of the list."""
    return [Placed(code, start, start + num_lines) for code in code_blocks(block)] if num_lines else []


def _paint(line: Strip, span: tuple[int, int], style: Style) -> Strip:
    """Lay `style` over the characters `span` of a line; an end of -1 is the end of the line."""
    start, end = (line.index_to_cell_position(x) if x >= 0 else line.cell_length for x in span)
    inside = [Segment(segment.text, (segment.style or Style.null()) + style) for segment in line.crop(start, end)]
    return Strip.join([line.crop(0, start), Strip(inside), line.crop(end)])
