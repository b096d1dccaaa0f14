"""The bottom line: the keys that do something now. One widget; Textual's Footer keeps every key it ever showed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


class ActiveKey(NamedTuple):
    """A key that does something now."""

    key: str
    """Textual's name."""
    shown: str
    label: str


class KeyLine(Widget):
    """Keys with a word each; a click presses them. What has no room is not shown."""

    DEFAULT_CSS = """
    KeyLine { height: 1; background: $panel; color: $foreground; }
    """

    ALLOW_SELECT = False

    keys: reactive[Sequence[ActiveKey]] = reactive(())

    @dataclass
    class Clicked(Message):
        """The mouse wants this key pressed."""

        key: str

    def _placed(self) -> Iterator[tuple[int, Content, ActiveKey]]:
        """Where each ends that fits, and how it looks; of several keys for one thing, the first."""
        end, firsts = 0, dict[str, ActiveKey]()
        for key in self.keys:
            firsts.setdefault(key.label, key)
        for each in firsts.values():
            text = Content.assemble(" ", (each.shown, "bold $text-primary"), " ", each.label, " ")
            end += text.cell_length
            if end > self.size.width:
                return
            yield end, text, each

    def render(self) -> Content:
        """Join what fits."""
        return Content("").join([text for _, text, _ in self._placed()])

    def on_click(self, event: Click) -> None:
        """Let the key be pressed that was clicked at."""
        for end, _, each in self._placed():
            if event.x < end:
                self.post_message(self.Clicked(each.key))
                return
