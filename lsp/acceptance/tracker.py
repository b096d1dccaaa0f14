"""What becomes of a suggestion, concluded from the edits that follow it. Pure: the caller brings the time.

The protocol knows one signal only, a command that editors run after a whole suggestion was accepted. That a part of one
was accepted, or that it was typed by hand, has to be read from the edits: characters that come one by one were typed, a
piece that comes at once was taken.

Sources of the two limits: Continue counts a suggestion as rejected after 10 s and does not count one that was shown for
less than 250 ms (notes on its `completionProvider`).
"""

import re
from collections import deque
from dataclasses import dataclass, field, replace

from assistant.protocol import first_line
from lsp.acceptance.outcome import End, Outcome, Suggestion
from lsp.acceptance.region import MAX_REGION_CHARS, Edit, Region

REJECTED_AFTER_S = 10.0
COUNTS_AFTER_S = 0.25
KEPT_AFTER_S = 30.0
"""So long after it was accepted, what is left of a suggestion counts as kept."""
MAX_WATCHED = 64
"""Accepted suggestions that are followed at the same time, in all documents."""
MAX_IDS = 64
"""Under so many ids one suggestion is known: an editor asks again with every character."""
_PAIRS = ("()", "[]", "{}", '""', "''", "``")
_WORD = re.compile(r"\w+")


@dataclass(slots=True, eq=False)
class _Followed:
    """A suggestion on its way to its outcome."""

    suggestion: Suggestion
    text: str
    """What is shown now, from `region.start` on: it may have become longer or shorter."""
    region: Region
    shown_at_s: float
    touched_at_s: float
    ids: deque[int] = field(default_factory=lambda: deque(maxlen=MAX_IDS))
    num_shown: int = 0
    num_reached: int = 0
    num_accepted: int = 0
    num_words: int = 0
    latest: slice = field(default_factory=lambda: slice(0))
    """The characters of the region that came with the last edit."""

    @property
    def is_on_the_way(self) -> bool:
        """Whether the document holds a beginning of the suggestion, and nothing else there."""
        return self.text.startswith(self.region.text)

    @property
    def is_whole(self) -> bool:
        return self.region.text == self.text

    def show(self, rest: str, id: int, at_s: float) -> None:
        """Have `rest` stand behind what is there already."""
        if self.is_on_the_way:
            self.text = self.region.text + rest
        self.num_shown = max(self.num_shown, len(self.text) - self.suggestion.num_standing)
        self.touched_at_s = at_s
        if id not in self.ids:
            self.ids.append(id)

    def goes_on_as(self, suggestion: Suggestion) -> bool:
        """Whether the user sees in `suggestion` what is left of this one, or more of it."""
        ours, theirs = self.text[len(self.region.text) :], suggestion.rest
        is_same = bool(ours and theirs) and (ours.startswith(theirs) or theirs.startswith(ours))
        is_here = self.region.end == suggestion.start.after(suggestion.standing)
        is_short = len(self.region.text) + len(theirs) <= MAX_REGION_CHARS
        return is_same and is_here and is_short and self.is_on_the_way

    def follow(self, edit: Edit, at_s: float, max_typed_chars: int) -> None:
        """Read from an edit whether the suggestion was typed on, taken, or left."""
        new = self.region.follow(self._without_closer(edit))
        if new is None or not self.is_on_the_way:
            return
        self.touched_at_s = at_s
        self.latest = new
        if len(self.region.text[new].strip()) > max_typed_chars:  # a line break comes with its indentation
            self.region.mark(new)
        self.num_reached = max(self.num_reached, len(self.region.text))
        if self.region.num_marked > self.num_accepted:
            self._count(self.region.num_marked, self.region.marked_text())

    def _without_closer(self, edit: Edit) -> Edit:
        """An editor that closes what is opened leaves the cursor between: the closer stands behind the region."""
        is_at_cursor = edit.start == edit.end == self.region.end
        if edit.text in _PAIRS and is_at_cursor and not self.text.startswith(self.region.text + edit.text):
            return replace(edit, text=edit.text[0])
        return edit

    def accept(self) -> None:
        """Believe the editor that the whole was accepted: what came last was taken, however short it is.

        If the text is not there, or in another shape, all that was missing counts, but it cannot be followed.
        """
        if self.is_whole:
            self.region.mark(self.latest)
            return self._count(self.region.num_marked, self.region.marked_text())
        there = len(self.region.text) if self.is_on_the_way else self.suggestion.num_standing
        num_accepted = self.num_accepted + len(self.text) - there
        return self._count(num_accepted, self.region.marked_text() + self.text[there:])

    def _count(self, num_accepted: int, text: str) -> None:
        self.num_accepted = min(num_accepted, self.num_shown)
        self.num_words = len(_WORD.findall(text))

    def end(self) -> End:
        """How it ended, if it ends now."""
        if self.num_accepted:
            return "accepted" if self.is_whole and self.region.marks.endswith("1") else "partly"
        num_standing = self.suggestion.num_standing
        rest = self.text[num_standing:]
        num_needed = num_standing + len(rest if (line := first_line(rest)) is None else line)
        return "typed" if num_standing < num_needed <= self.num_reached else "dismissed"

    def outcome(self, end: End, num_kept: int | None = None) -> Outcome:
        return Outcome(
            circumstances=self.suggestion.circumstances,
            end=end,
            num_shown=self.num_shown,
            num_lines=self.text[self.suggestion.num_standing :].strip("\n").count("\n") + 1,
            num_accepted=self.num_accepted,
            num_words=self.num_words,
            num_kept=num_kept,
        )


class Tracker:
    """Follows the suggestions of one editor session: of each document the one that is shown, and the accepted ones.

    Args:
        max_typed_chars: A longer piece that comes at once was taken, not typed. More than 1 for an editor that gathers
            keys before it tells them.
    """

    def __init__(self, *, max_typed_chars: int = 1) -> None:
        self._max_typed_chars = max_typed_chars
        self._open: dict[str, _Followed] = {}
        self._watched: deque[tuple[float, End, _Followed]] = deque(maxlen=MAX_WATCHED)
        self._news: list[Outcome] = []

    def shown(self, suggestion: Suggestion, at_s: float) -> None:
        """A suggestion goes to the editor. It may be what is left of the last one."""
        self._look_back(at_s)
        if not suggestion.rest:
            return
        followed = self._open.get(suggestion.uri)
        if followed is None or not followed.goes_on_as(suggestion):
            if followed:
                self._settle(followed, followed.end(), at_s)
            followed = _Followed(suggestion, suggestion.text, Region(suggestion.start, suggestion.standing), at_s, at_s)
            self._open[suggestion.uri] = followed
        followed.show(suggestion.rest, suggestion.id, at_s)

    def edited(self, uri: str, edit: Edit, at_s: float) -> None:
        """A document was edited: called for each edit, in order."""
        self._look_back(at_s)
        for _, _, watched in self._watched:
            if watched.suggestion.uri == uri:
                watched.region.follow(edit)
        if followed := self._open.get(uri):
            followed.follow(edit, at_s, self._max_typed_chars)
            if followed.end() == "accepted":
                self._settle(followed, "accepted", at_s)

    def accepted(self, id: int, at_s: float) -> None:
        """The editor says that a suggestion was accepted as a whole. Mostly its edit has told so before."""
        self._look_back(at_s)
        for followed in self._open.values():
            if id in followed.ids:
                followed.accept()
                return self._settle(followed, "accepted", at_s)
        return None

    def closed(self, uri: str, at_s: float) -> None:
        """A document was closed, or its text is not known any more."""
        self._look_back(at_s)
        if followed := self._open.get(uri):
            end = followed.end()
            self._settle(followed, "shown" if end == "dismissed" else end, at_s)
        self._watched = deque((each for each in self._watched if each[2].suggestion.uri != uri), maxlen=MAX_WATCHED)

    def close(self, at_s: float) -> None:
        """The session ends."""
        for uri in list(self._open):
            self.closed(uri, at_s)

    def tick(self, at_s: float) -> list[Outcome]:
        """What has become known since the last time, in order. An outcome takes the place of an older one's key."""
        self._look_back(at_s)
        for followed in list(self._open.values()):
            if at_s - followed.touched_at_s >= REJECTED_AFTER_S:
                self._settle(followed, followed.end(), at_s)
        news, self._news = self._news, []
        return news

    def _settle(self, followed: _Followed, end: End, at_s: float) -> None:
        del self._open[followed.suggestion.uri]
        if end in ("dismissed", "shown") and at_s - followed.shown_at_s < COUNTS_AFTER_S:
            return  # nobody can have read it
        self._news.append(followed.outcome(end))
        if followed.region.num_marked:
            self._watched.append((at_s, end, followed))

    def _look_back(self, at_s: float) -> None:
        """Count what is left of the suggestions that were accepted long enough ago: before the next edit counts."""
        while self._watched and at_s - self._watched[0][0] >= KEPT_AFTER_S:
            _, end, followed = self._watched.popleft()
            num_kept = min(followed.region.num_marked, followed.num_accepted)
            self._news.append(followed.outcome(end, num_kept))
