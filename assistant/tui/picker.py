"""The list of kept chats: type to search in all that was said, Enter goes on with one."""

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList

from assistant.chats.recorder import Recorder
from assistant.chats.search import Found, found_by
from assistant.sanitize import sanitize
from assistant.tui.dialogs import Dialog


class Picker(Dialog[Found | None]):
    """A search box above chats, the last ones first; Esc chooses none."""

    DEFAULT_CSS = """
    Picker OptionList { height: 1fr; }
    Picker #box { height: 80%; }
    Picker OptionList:ansi > .option-list--option-highlighted {
        color: $block-cursor-foreground; background: $block-cursor-background;
    }
    Picker Input { margin-bottom: 1; background: transparent; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close"),
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
    ]

    def __init__(self, recorder: Recorder, words: str = "") -> None:
        super().__init__()
        self._recorder = recorder
        self._words = words
        self._found: list[Found] = []

    def compose(self) -> ComposeResult:
        """Lay out box and list."""
        with Vertical(id="box") as box:
            box.border_title = Content("Chats")
            yield Input(self._words, placeholder="Search in all chats", compact=True)
            yield OptionList(markup=False)

    def on_mount(self) -> None:
        """Show what there is before anything is typed."""
        self._list = self.query_one(OptionList)
        self._list.can_focus = False
        self._search(self._words)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._search(event.value)

    @work(exclusive=True)
    async def _search(self, words: str) -> None:
        self._found = await self._recorder.read(lambda chats: found_by(chats, words))
        self._list.clear_options()
        lines = (Content.assemble(sanitize(each.title), "  ", (sanitize(each.detail), "dim")) for each in self._found)
        self._list.add_options(lines)
        self._list.highlighted = 0 if self._found else None

    @on(Input.Submitted)
    def _entered(self) -> None:
        if self._found and self._list.highlighted is not None:
            self.dismiss(self._found[self._list.highlighted])

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._found[event.option_index])

    def action_move(self, step: int) -> None:
        """Go to the chat above or below."""
        (self._list.action_cursor_down if step > 0 else self._list.action_cursor_up)()
