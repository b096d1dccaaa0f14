"""The diff before anything is written: every hunk gets its own yes or no."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from assistant.edits import Hunk, Proposal
from assistant.sanitize import sanitize

Taken = list[set[int]]
"""For each proposal the indices of its hunks that were said yes to."""
_NUM_CONTEXT = 3
"""Lines shown around a hunk."""
_VERDICTS = {None: ("?", "$text-warning bold"), True: ("yes", "$text-success bold"), False: ("no", "$text-error bold")}


@dataclass(frozen=True, slots=True)
class Place:
    """One hunk among the proposals."""

    proposal: int
    hunk: int


class DiffScreen(Screen[Taken | None]):
    """All hunks below each other; the keys are about the one that is marked. Esc writes nothing."""

    DEFAULT_CSS = """
    DiffScreen #summary { padding: 0 1; background: $panel; height: auto; }
    DiffScreen .file { padding: 1 1 0 1; }
    DiffScreen .hunk { padding: 0 1; margin: 1 0 0 0; border-left: outer $panel; }
    DiffScreen .hunk.-marked { border-left: outer $primary; background: $boost; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "decide(True)", "Yes"),
        Binding("n", "decide(False)", "No"),
        Binding("a", "take_rest", "All the rest"),
        Binding("enter", "write", "Write"),
        Binding("escape,q", "dismiss(None)", "Write nothing"),
        Binding("down,j,tab", "move(1)", "Next", show=False),
        Binding("up,k,shift+tab", "move(-1)", "Previous", show=False),
    ]

    def __init__(self, proposals: Sequence[Proposal]) -> None:
        super().__init__()
        self._proposals = proposals
        self._places = [Place(n, m) for n, proposal in enumerate(proposals) for m in range(len(proposal.hunks))]
        self._verdicts: list[bool | None] = [None] * len(self._places)
        self._at = 0

    def compose(self) -> ComposeResult:
        """Lay out a line about where one is, then file after file."""
        yield Static(id="summary")
        with VerticalScroll(can_focus=False):
            number = 0
            for proposal in self._proposals:
                yield Static(file_head(proposal), classes="file")
                for _ in proposal.hunks:
                    yield Static(classes="hunk", id=f"hunk-{number}")
                    number += 1
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Mark the first hunk."""
        for number in range(len(self._places)):
            self._draw(number)
        self._mark(0)

    def action_decide(self, verdict: bool) -> None:
        """Say yes or no to the marked hunk, and go to the next."""
        self._verdicts[self._at] = verdict
        self._draw(self._at)
        self._mark(min(self._at + 1, len(self._places) - 1))

    def action_take_rest(self) -> None:
        """Say yes to all that nothing was said about, but those with something in them that is not seen."""
        for number, verdict in enumerate(self._verdicts):
            if verdict is None and not self._hunk(number).marks:
                self._verdicts[number] = True
                self._draw(number)
        left = [number for number, verdict in enumerate(self._verdicts) if verdict is None]
        self._mark(left[0] if left else self._at)

    def action_move(self, step: int) -> None:
        """Mark the hunk above or below."""
        self._mark(max(0, min(self._at + step, len(self._places) - 1)))

    def action_write(self) -> None:
        """Hand over what was said yes to; what nothing was said about is a no."""
        taken: Taken = [set() for _ in self._proposals]
        for place, verdict in zip(self._places, self._verdicts, strict=True):
            if verdict:
                taken[place.proposal].add(place.hunk)
        self.dismiss(taken)

    def _hunk(self, number: int) -> Hunk:
        place = self._places[number]
        return self._proposals[place.proposal].hunks[place.hunk]

    def _draw(self, number: int) -> None:
        proposal = self._proposals[self._places[number].proposal]
        word, style = _VERDICTS[self._verdicts[number]]
        body = Content.assemble((f"{word:<3} ", style), hunk_body(proposal, self._hunk(number)))
        self.query_one(f"#hunk-{number}", Static).update(body)

    def _mark(self, number: int) -> None:
        self._at = number
        for each in range(len(self._places)):
            self.query_one(f"#hunk-{each}").set_class(each == number, "-marked")
        self.query_one(f"#hunk-{number}").scroll_visible(animate=False)
        num_yes = sum(verdict is True for verdict in self._verdicts)
        outcome = f"the {num_yes} with a yes" if num_yes else "nothing: none has a yes yet"
        summary = f"Hunk {number + 1} of {len(self._places)} · Enter writes {outcome}"
        self.query_one("#summary", Static).update(Content(summary))


def file_head(proposal: Proposal) -> Content:
    """The file, and what is to be known about it before anything is said."""
    what = "new file" if proposal.base.is_new else f"{len(proposal.hunks)} hunk{'s' * (len(proposal.hunks) > 1)}"
    lines = [Content.assemble((sanitize(proposal.base.path), "bold"), (f"  {what}", "dim"))]
    lines += [Content.styled(sanitize(note), "$text-warning") for note in proposal.notes]
    if proposal.danger:
        lines.append(Content.styled(f"asked once more before it is written: {proposal.danger}", "$text-warning"))
    return Content("\n").join(lines)


def hunk_body(proposal: Proposal, hunk: Hunk) -> Content:
    """Old and new lines with some around them; what is not seen is written out, and said."""
    lines, change = proposal.base.text.lines, hunk.change
    behind = change.start + len(change.old)
    rows = [(f"@@ line {change.start + 1} @@", "dim")]
    rows += [(f"  {line}", "dim") for line in lines[max(change.start - _NUM_CONTEXT, 0) : change.start]]
    rows += [(f"- {line}", "$text-error") for line in change.old]
    rows += [(f"+ {line}", "$text-success") for line in change.new]
    rows += [(f"  {line}", "dim") for line in lines[behind : behind + _NUM_CONTEXT]]
    rows += [(f"! {mark}", "$text-warning bold") for mark in hunk.marks]
    return Content("\n").join(Content.styled(sanitize(text), style) for text, style in rows)


def as_text(proposals: Sequence[Proposal]) -> str:
    """The same as plain text."""
    pieces: list[str] = []
    for proposal in proposals:
        pieces.append(file_head(proposal).plain)
        pieces += [hunk_body(proposal, hunk).plain for hunk in proposal.hunks]
    return "\n".join(pieces)
