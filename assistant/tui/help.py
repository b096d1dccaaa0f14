"""The help screen: every key, and what the top line means."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

_KEYS = (
    ("Enter", "send"),
    ("Ctrl+J", "new line; in many terminals Shift+Enter too"),
    ("Esc", "stop the answer; what came of it stays"),
    ("Ctrl+Y", "copy the last code block, or the last answer"),
    ("Ctrl+C", "copy what the mouse selected; twice, quit"),
    ("Ctrl+N", "new conversation"),
    ("↑", "in an empty prompt: the last question"),
    ("PgUp PgDn", "scroll"),
    ("Ctrl+P", "all commands, themes among them"),
    ("F1", "this help; Esc closes it"),
)

_WORDS = (
    ("tok/s", "tokens the model writes in a second"),
    ("TTFT", "time to first token: waiting and reading"),
    ("context", "tokens of this conversation / the model's limit"),
)


class Help(ModalScreen[None]):
    """Keys and words, over the chat."""

    DEFAULT_CSS = """
    Help { align: center middle; }
    Help VerticalScroll {
        width: 64; max-width: 100%; height: auto; max-height: 100%;
        padding: 1 2; background: $surface; border: round $primary; border-title-color: $text-primary;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,q,enter", "dismiss", "Close")]

    def compose(self) -> ComposeResult:
        """Lay out two tables."""
        with VerticalScroll() as box:
            box.border_title = "Keys"
            yield Static(_table(_KEYS))
            yield Static(Content.assemble("\n", _table(_WORDS)))


def _table(rows: tuple[tuple[str, str], ...]) -> Content:
    lines = (Content.assemble((f"{term:<11}", "bold $text-primary"), meaning) for term, meaning in rows)
    return Content("\n").join(lines)
