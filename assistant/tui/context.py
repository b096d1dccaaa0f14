"""The drawer that shows what the model will see: its own words and ours, token for token."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from assistant.context.budget import Share, short
from assistant.protocol import LaidOut
from assistant.sanitize import sanitize


class ContextScreen(ModalScreen[None]):
    """At the right edge; Esc closes it."""

    DEFAULT_CSS = """
    ContextScreen { align: right top; }
    ContextScreen VerticalScroll {
        width: 80; max-width: 100%; height: 100%; padding: 0 1; background: $surface;
        border: round $primary; border-title-color: $text-primary;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter", "dismiss", "Close")]

    def __init__(self, laid_out: LaidOut, shares: Sequence[Share]) -> None:
        super().__init__()
        self._laid_out = laid_out
        self._shares = shares

    def compose(self) -> ComposeResult:
        """Lay out the counts, then the prompt itself."""
        with VerticalScroll() as box:
            box.border_title = Content(f"What the model will see · {meter(self._laid_out)}")
            yield Static(Content.assemble(_counts(self._laid_out, self._shares), "\n"))
            yield Static(_prompt(self._laid_out))


def meter(laid_out: LaidOut) -> str:
    """`3.2k / 8.2k`: the prompt, and what the model holds, answer included."""
    total = laid_out.num_tokens
    return f"{short(total)} / {short(laid_out.window_tokens)} tokens"


def as_text(laid_out: LaidOut, shares: Sequence[Share]) -> str:
    """The same without a screen."""
    return f"{meter(laid_out)}\n{_counts(laid_out, shares).plain}\n\n{_prompt(laid_out).plain}"


def _counts(laid_out: LaidOut, shares: Sequence[Share]) -> Content:
    """What goes along, and how much of it all is the template's."""
    marks = sum(piece.num_tokens for piece in laid_out.pieces if piece.role == "mark")
    said = sum(piece.num_tokens for piece in laid_out.pieces if piece.role == "message")
    rows = [*((share.num_tokens, f"  {share.label}") for share in shares)]
    rows = [(said, "messages"), *rows, (marks, "the model's template")]
    return Content("\n").join(Content(f"{tokens:>7,}  {sanitize(label)}") for tokens, label in rows)


def _prompt(laid_out: LaidOut) -> Content:
    """The prompt, the template's part of it dim."""
    pieces = [(sanitize(piece.text), "dim" if piece.role == "mark" else "") for piece in laid_out.pieces]
    return Content.assemble(*pieces)
