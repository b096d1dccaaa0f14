"""The middle of the screen: what was asked, answered and what went wrong, in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from rich.table import Table
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.geometry import Region
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from assistant.errors import CairnError
from assistant.protocol import Status
from assistant.sanitize import sanitize
from assistant.tui.answer import Answer
from assistant.tui.commands import Registry, is_typed, keys_of
from assistant.tui.look import Look
from assistant.tui.markdown import CodeBlock

_MOST_LINES, _KEPT_LINES = 3000, 2000
_MOST_MESSAGES, _KEPT_MESSAGES = 160, 80
"""Beyond the most, old messages leave the screen until so many are left: each costs at every change of height."""
_LOADED_AT_ONCE = 20
"""Messages that come back, or are shown of an old conversation, at once."""

_TRY = (
    "Return the sum of the squares of the elements of xs that are even.",
    "Check whether every element of xs is positive.",
    "Return a sorted list of the doubles of all numbers in xs.",
)
_FIRST_KEYS = "Enter sends · Ctrl+J new line · Esc stops · / commands · F1 help"


@dataclass(frozen=True, slots=True)
class Entry:
    """A message as data: what is left of one that scrolled far away."""

    kind: Literal["question", "answer", "notice"]
    text: str
    """Sanitised."""
    note: str = ""
    """Below an answer; the hint of a notice."""


class Question(Static):
    """What the user asked, as it was typed."""

    DEFAULT_CSS = """
    Question { max-width: 100; margin-bottom: 1; padding: 0 1; border-left: outer $primary; background: $boost; }
    """

    def __init__(self, text: str) -> None:
        super().__init__(Content(text))
        self.text = text


class Notice(Static):
    """Something that went wrong, and what to do about it."""

    DEFAULT_CSS = """
    Notice { max-width: 100; margin-bottom: 1; padding: 0 1; border-left: outer $error; }
    """

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(Content.assemble((what, "bold $text-error"), "\n", (hint, "$foreground 65%")))
        self.what, self.hint = what, hint


class Welcome(Vertical):
    """What an empty transcript says."""

    DEFAULT_CSS = """
    Welcome { max-width: 76; height: auto; padding: 0 2; }
    """

    def __init__(self, status: Status | None) -> None:
        super().__init__()
        self._status = status

    def compose(self) -> ComposeResult:
        """Who answers, what could be asked, and the first keys."""
        yield Static(_about(self._status))
        yield Static(_examples())
        yield Static(Content.styled(_FIRST_KEYS, "$foreground 65%"))


class Earlier(Static):
    """Says that there is more above, and brings it."""

    DEFAULT_CSS = """
    Earlier { max-width: 100; margin-bottom: 1; padding: 0 2; color: $foreground 65%; }
    Earlier:hover { color: $text-primary; }
    """

    def on_click(self) -> None:
        """Bring back what came before."""
        self.query_ancestor(Transcript).load_earlier()


class Transcript(VerticalScroll):
    """Messages from top to bottom; stays at its end until the reader scrolls away from it.

    Old messages beyond a limit leave the screen, not the conversation, and come back when the reader asks.

    Args:
        registry: Whose typed keys act while a code block is chosen.
    """

    can_focus = False

    # Textual puts anchored content that is shorter than its scroll at the bottom; a full column starts at the top.
    DEFAULT_CSS = """
    Transcript { height: 1fr; padding: 1 1 0 1; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
    Transcript #messages { height: auto; min-height: 100%; }
    """

    @dataclass
    class Typed(Message):
        """A character was typed that is no command here: it belongs to the prompt."""

        text: str

    def __init__(self, registry: Registry) -> None:
        super().__init__()
        self._past: list[Entry] = []
        self._chosen: Answer | None = None
        self._keys: set[str] = set()
        for command in registry:
            for key in filter(is_typed, keys_of(command)):
                self._keys.add(key)
                label = command.label or command.name.capitalize()
                self._bindings.bind(key, f"app.command('{command.name}')", label, show=command.is_slash)

    def compose(self) -> ComposeResult:
        """Lay out the column that takes the messages."""
        yield Vertical(id="messages")

    def on_resize(self) -> None:
        """Draw the scrollbar again: an anchored scroll moves its thumb without doing so."""
        self.call_after_refresh(self.vertical_scrollbar.refresh)

    @property
    def _messages(self) -> Vertical:
        return self.query_one("#messages", Vertical)

    # ----------------------------------------------------------------------------------------------- what is added

    def welcome(self, status: Status | None) -> None:
        """Start over, with what to know before the first question."""
        self._empty()
        self._messages.mount(Welcome(status))
        self.scroll_home(animate=False, immediate=True)

    def show(self, entries: Sequence[Entry], look: Look) -> None:
        """Start over with these messages, at their end; of many, the last ones."""
        self._empty()
        self._past = list(entries[:-_LOADED_AT_ONCE])
        self._messages.mount(*self._earlier(), *(_widget(entry, look) for entry in entries[-_LOADED_AT_ONCE:]))
        self.anchor()

    def ask(self, question: str, look: Look) -> Answer:
        """Add a question and the place of its answer, and go there."""
        self._messages.query(Welcome).remove()
        answer = Answer(look)
        self._prune()
        self._messages.mount(Question(sanitize(question)), answer)
        self.anchor()
        return answer

    def notice(self, error: CairnError) -> None:
        """Add what went wrong and what to do; under a welcome that fills the screen, go there."""
        if not self.is_anchored:
            self.anchor()
        self._messages.mount(Notice(sanitize(str(error)), sanitize(error.hint)))

    def _empty(self) -> None:
        self.choose(None)
        self.anchor(False)
        self._past = []
        self._messages.remove_children()

    # ----------------------------------------------------------------------------------------------- what is earlier

    def _earlier(self) -> list[Earlier]:
        return [Earlier(f"▲ {len(self._past)} earlier messages · PgUp at the top brings them")] if self._past else []

    def _prune(self) -> None:
        """Take old messages from the screen where there are too many, or too many lines of them."""
        children = [child for child in self._messages.children if not isinstance(child, Earlier)]
        heights = [child.outer_size.height for child in children]
        if sum(heights) <= _MOST_LINES and len(children) <= _MOST_MESSAGES:
            return
        first = max(0, len(children) - _KEPT_MESSAGES)
        while first < len(children) and sum(heights[first:]) > _KEPT_LINES:
            first += 1
        self._past += [_entry(child) for child in children[:first]]
        self._messages.query(Earlier).remove()
        self._messages.remove_children(children[:first])
        self._messages.mount(*self._earlier(), before=0)

    def load_earlier(self) -> bool:
        """Bring back the messages before the first one shown, which stays where it is. False if there are none."""
        if not self._past:
            return False
        back, self._past = self._past[-_LOADED_AT_ONCE:], self._past[:-_LOADED_AT_ONCE]
        look = self._messages.query(Answer).first().look
        self.release_anchor()
        self.run_worker(partial(self._put_above, [*self._earlier(), *(_widget(entry, look) for entry in back)]))
        return True

    async def _put_above(self, widgets: Sequence[Widget]) -> None:
        """Mount messages above the others, and keep the view where it is on them."""
        await self._messages.query(Earlier).remove()
        first = self._messages.children[0]
        offset = first.virtual_region.y - int(self.scroll_y)
        await self._messages.mount(*widgets, before=0)
        self.call_after_refresh(
            lambda: self.scroll_to(y=first.virtual_region.y - offset, animate=False, immediate=True, force=True)
        )

    # ------------------------------------------------------------------------------------------------ what is chosen

    @property
    def block(self) -> CodeBlock | None:
        """The chosen code block."""
        answer = self._chosen
        return answer.code[answer.chosen].block if answer and answer.chosen is not None else None

    @property
    def last_block(self) -> CodeBlock | None:
        """The last code block of the last answer that has one."""
        for answer in reversed(self._messages.query(Answer).nodes):
            if answer.code:
                return answer.code[-1].block
        return None

    def move_block(self, step: Literal[-1, 1]) -> None:
        """Choose the code block above or below the chosen one; from the prompt, the lowest."""
        places = [(answer, index) for answer in self._messages.query(Answer) for index in range(len(answer.code))]
        here = [place for place in places if place == (self._chosen, self._chosen and self._chosen.chosen)]
        number = places.index(here[0]) + step if here else len(places) - 1
        if number >= len(places):
            self.choose(None)
        elif number >= 0:
            self.choose(*places[number])
        else:
            self.load_earlier()

    def choose(self, answer: Answer | None, index: int = 0) -> None:
        """Mark one code block and take the keys; None gives them back."""
        if self._chosen:
            self._chosen.choose(None)
        self._chosen = answer
        self.can_focus = answer is not None
        if answer:
            answer.choose(index)
            self.release_anchor()
            placed = answer.code[index]
            top = answer.region.y - self.content_region.y + int(self.scroll_y) + placed.start
            self.scroll_to_region(Region(0, top, 1, placed.end - placed.start), animate=False, top=True)
            self.focus(scroll_visible=False)

    def on_key(self, event: Key) -> None:
        """Leave to the prompt what is typed and is no command."""
        if event.character and event.is_printable and event.key not in self._keys:
            event.stop()
            self.post_message(self.Typed(event.character))


def _entry(widget: Widget) -> Entry:
    """What to keep of a message that leaves the screen."""
    if isinstance(widget, Answer):
        return Entry("answer", widget.text, widget.note)
    if isinstance(widget, Notice):
        return Entry("notice", widget.what, widget.hint)
    assert isinstance(widget, Question)
    return Entry("question", widget.text)


def _widget(entry: Entry, look: Look) -> Widget:
    """A message back on the screen."""
    if entry.kind == "question":
        return Question(entry.text)
    if entry.kind == "notice":
        return Notice(entry.text, entry.note)
    answer = Answer(look)
    answer.write(entry.text)
    answer.finish(entry.note)
    return answer


def _about(status: Status | None) -> Content:
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
    )


def _examples() -> Table:
    """Below each other; what is too long for a line goes on under its own beginning."""
    table = Table.grid(padding=(0, 1, 0, 0))
    for question in _TRY:
        table.add_row("  ›", question)
    table.add_row()
    return table
