"""Small screens over the chat: choose a line, say yes or no, read something."""

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from rich.table import Table
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from assistant.sanitize import sanitize
from assistant.tui.chat import Choice

Result = TypeVar("Result")


class Dialog(ModalScreen[Result]):
    """A box in the middle of the screen."""

    DEFAULT_CSS = """
    Dialog { align: center middle; }
    Dialog #box {
        width: 80; max-width: 100%; height: auto; max-height: 100%;
        padding: 1 2; background: $surface; border: round $primary; border-title-color: $text-primary;
    }
    Dialog OptionList { height: auto; max-height: 100%; border: none; padding: 0; background: transparent; }
    """


class Choose(Dialog[int | None]):
    """One of several lines; Esc chooses none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close"),
        Binding("j", "app.simulate_key('down')", show=False),
        Binding("k", "app.simulate_key('up')", show=False),
    ]

    def __init__(self, title: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title = sanitize(title)
        self._choices = choices

    def compose(self) -> ComposeResult:
        """Lay out the lines."""
        lines = (Content.assemble(sanitize(each.label), "  ", (sanitize(each.detail), "dim")) for each in self._choices)
        box = OptionList(*lines, id="box", markup=False)
        box.border_title = Content(self._title)
        yield box

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)


class Confirm(Dialog[bool]):
    """A question to be answered by y; every other way out is no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "Yes"),
        Binding("escape,n,enter,q", "dismiss(False)", "No"),
    ]

    def __init__(self, question: str, details: str) -> None:
        super().__init__()
        self._question = sanitize(question)
        self._details = sanitize(details)

    def compose(self) -> ComposeResult:
        """Lay out what it is about, then how to answer."""
        with VerticalScroll(id="box") as box:
            box.border_title = Content(self._question)
            yield Static(Content(self._details))
            yield Static(Content.assemble("\n", ("y", "bold"), " yes   ", ("Enter, n, Esc", "bold"), " no"))


class Read(Dialog[None]):
    """Something to be read and put away."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,q,enter", "dismiss", "Close")]

    def __init__(self, title: str, *parts: Content | Table) -> None:
        super().__init__()
        self._title = sanitize(title)
        self._parts = parts

    def compose(self) -> ComposeResult:
        """Lay out the parts below each other."""
        with VerticalScroll(id="box") as box:
            box.border_title = Content(self._title)
            for part in self._parts:
                yield Static(part)
