"""The middle of the screen: what was asked, answered and what went wrong, in order."""

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from assistant.errors import CairnError
from assistant.protocol import Status
from assistant.sanitize import sanitize
from assistant.tui.answer import Answer
from assistant.tui.look import Look

_TRY = (
    "Return the sum of the squares of the elements of xs that are even.",
    "Check whether every element of xs is positive.",
    "Return a sorted list of the doubles of all numbers in xs.",
)


class Question(Static):
    """What the user asked, as it was typed."""

    DEFAULT_CSS = """
    Question { max-width: 100; margin-bottom: 1; padding: 0 1; border-left: outer $primary; background: $boost; }
    """


class Notice(Static):
    """Something that went wrong, and what to do about it."""

    DEFAULT_CSS = """
    Notice { max-width: 100; margin-bottom: 1; padding: 0 1; border-left: outer $error; }
    """


class Welcome(Static):
    """What an empty transcript says."""

    DEFAULT_CSS = """
    Welcome { max-width: 72; padding: 1 2; }
    """


class Transcript(VerticalScroll):
    """Messages from top to bottom; stays at its end until the reader scrolls away from it."""

    can_focus = False

    # Textual puts anchored content that is shorter than its scroll at the bottom; a full column starts at the top.
    DEFAULT_CSS = """
    Transcript { height: 1fr; padding: 1 1 0 1; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
    Transcript #messages { height: auto; min-height: 100%; }
    """

    def compose(self) -> ComposeResult:
        """Lay out the column that takes the messages."""
        yield Vertical(id="messages")

    def on_resize(self) -> None:
        """Draw the scrollbar again: an anchored scroll moves its thumb without doing so."""
        self.call_after_refresh(self.vertical_scrollbar.refresh)

    @property
    def _messages(self) -> Vertical:
        return self.query_one("#messages", Vertical)

    def welcome(self, status: Status | None) -> None:
        """Start over, with what to know before the first question."""
        self.anchor(False)
        self._messages.remove_children()
        self._messages.mount(Welcome(_welcome(status)))
        self.scroll_home(animate=False, immediate=True)

    def ask(self, question: str, look: Look) -> Answer:
        """Add a question and the place of its answer, and go there."""
        self._messages.query(Welcome).remove()
        answer = Answer(look)
        self._messages.mount(Question(Content(sanitize(question))), answer)
        self.anchor()
        return answer

    def notice(self, error: CairnError) -> None:
        """Add what went wrong and what to do; under a welcome that fills the screen, go there."""
        if not self.is_anchored:
            self.anchor()
        what, hint = sanitize(str(error)), sanitize(error.hint)
        self._messages.mount(Notice(Content.assemble((what, "bold $text-error"), "\n", (hint, "$foreground 65%"))))


def _welcome(status: Status | None) -> Content:
    model = sanitize(status.model) if status else "…"
    context = f", context {status.context_tokens:,} tokens" if status and status.context_tokens else ""
    where = f"through {sanitize(status.model_path)}" if status and not status.pid else "on this machine alone"
    return Content.assemble(
        ("Cairn", "bold $text-primary"),
        f" answers questions about code, {where}.\n\n",
        ("Model  ", "$foreground 65%"),
        model,
        (context, "$foreground 65%"),
        "\n\n",
        ("Try", "$foreground 65%"),
        *(f"\n  › {question}" for question in _TRY),
        "\n\n",
        ("Enter sends · Ctrl+J new line · Esc stops · F1 all keys", "$foreground 65%"),
    )
