"""What became of a suggestion is read from the edits that follow it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp.acceptance.outcome import Circumstances, Outcome, Suggestion
from lsp.acceptance.region import Edit, Place
from lsp.acceptance.tracker import MAX_WATCHED, Tracker

CALL = "add(first, second)"
LINES = "if first:\n    return second\nreturn None"
URI = "file:///a.py"


def about(key: str = "k") -> Circumstances:
    return Circumstances(
        key=key, shown_at=0.0, language="python", model="m", prompt_hash="0", trigger="automatic", latency_ms=20.0
    )


@dataclass
class Typist:
    """An editor with one document: what it does is told to the tracker, as a language server would.

    Attributes:
        text: The whole document.
        at: The cursor, as an offset.
    """

    text: str = "x = \ny = 1\n"
    at: int = 4
    tracker: Tracker = field(default_factory=Tracker)
    now_s: float = 100.0
    num_shown: int = 0
    suggestion: str = ""
    told: list[Outcome] = field(default_factory=list)

    def wait(self, seconds: float) -> "Typist":
        self.now_s += seconds
        self.told += self.tracker.tick(self.now_s)
        return self

    def show(self, suggestion: str, standing: str = "", *, item: str = "") -> "Typist":
        self.num_shown += 1
        self.suggestion = suggestion
        self.tracker.shown(
            Suggestion(
                id=self.num_shown,
                uri=URI,
                start=self.place(self.at - len(standing)),
                standing=standing,
                text=item or standing + suggestion,
                circumstances=about(str(self.num_shown)),
            ),
            self.now_s,
        )
        return self.wait(0.5)

    def insert(self, text: str, *, show_rest: bool = True) -> "Typist":
        """Insert at the cursor; the editor then asks again and gets what is left of the suggestion."""
        self.edit(self.at, self.at, text)
        is_on_the_way = self.suggestion.startswith(text)
        self.suggestion = self.suggestion[len(text) :] if is_on_the_way else ""
        return self.show(self.suggestion) if self.suggestion and show_rest else self.wait(0.2)

    def type(self, text: str) -> "Typist":
        for character in text:
            self.insert(character)
        return self

    def accept(self) -> "Typist":
        text, self.suggestion = self.suggestion, ""
        self.edit(self.at, self.at, text)
        self.tracker.accepted(self.num_shown, self.now_s)
        return self.wait(0.2)

    def delete(self, num_chars: int) -> "Typist":
        self.suggestion = ""
        return self.edit(self.at - num_chars, self.at, "")

    def edit(self, start: int, end: int, text: str) -> "Typist":
        """Any edit; the cursor is then behind it."""
        self.tracker.edited(URI, Edit(self.place(start), self.place(end), text), self.now_s)
        self.text = self.text[:start] + text + self.text[end:]
        self.at = start + len(text)
        return self.wait(0.1)

    def move(self, at: int) -> "Typist":
        self.at = at
        return self

    def place(self, offset: int) -> Place:
        return Place(0, 0).after(self.text[:offset])

    def ends(self) -> list[tuple[str, int, int | None]]:
        """End, accepted and kept characters of each suggestion, as they are known long after the last key."""
        self.wait(15).wait(60)
        last = {outcome.circumstances.key: outcome for outcome in self.told}
        return [(outcome.end, outcome.num_accepted, outcome.num_kept) for outcome in last.values()]


TRACES: dict[str, tuple[Callable[[Typist], object], list[tuple[str, int, int | None]]]] = {
    "accept all": (lambda t: t.show(CALL).accept(), [("accepted", 18, 18)]),
    "accept several lines": (lambda t: t.show(LINES).accept(), [("accepted", 39, 39)]),
    "accept after long thought": (lambda t: t.show(CALL).wait(8).accept(), [("accepted", 18, 18)]),
    "accept all, then go on typing": (lambda t: t.show(CALL).accept().type(" + 1"), [("accepted", 18, 18)]),
    "accept all, then correct a word": (lambda t: t.show(CALL).accept().edit(8, 13, "1"), [("accepted", 18, 13)]),
    "accept all, then type above it": (
        lambda t: t.show(CALL).accept().edit(0, 0, "# a\n# b\n").move(12 + 18).delete(7),
        [("accepted", 18, 11)],
    ),
    "undo after accept": (lambda t: t.show(CALL).accept().delete(18), [("accepted", 18, 0)]),
    "undo after the time has come": (lambda t: t.show(CALL).accept().wait(31).delete(18), [("accepted", 18, 18)]),
    "accept all, the rest of the line included": (
        lambda t: t.show(CALL).accept().edit(0, 22, ""),
        [("accepted", 18, 0)],
    ),
    "type some, then accept": (lambda t: t.show(CALL).type("add(").accept(), [("accepted", 14, 14)]),
    "accept word by word": (lambda t: t.show("return first").insert("return").insert(" first"), [("accepted", 12, 12)]),
    "accept two words, then type over": (
        lambda t: t.show(CALL).insert("add").insert("(first").type("]").wait(5).delete(2).type("ly)"),
        [("partly", 9, 8)],
    ),
    "accept a word, then type the rest": (
        lambda t: t.show(CALL).insert("add").type("(first, second)"),
        [("partly", 3, 3)],
    ),
    "accept a word, then look out of the window": (lambda t: t.show(CALL).insert("add").wait(11), [("partly", 3, 3)]),
    "type through": (lambda t: t.show(CALL).type(CALL), [("typed", 0, None)]),
    "type through the first line": (lambda t: t.show(LINES).type("if first:").insert("\n\tpass"), [("typed", 0, None)]),
    "type through with auto-indent": (
        lambda t: t.show(LINES).type("if first:").insert("\n    ").type("return second").insert("\n", show_rest=False),
        [("typed", 0, None)],
    ),
    "type some, then something else": (lambda t: t.show(CALL).type("add[0]"), [("dismissed", 0, None)]),
    "type something else": (lambda t: t.show(CALL).type("z"), [("dismissed", 0, None)]),
    "something else is suggested": (
        lambda t: t.show(CALL).type("z").show("zz").accept(),
        [("dismissed", 0, None), ("accepted", 2, 2)],
    ),
    "delete back and go on": (
        lambda t: t.show(CALL).type("ad").delete(1).show(CALL[1:]).accept(),
        [("accepted", 17, 17)],
    ),
    "slip, delete the slip, accept": (
        lambda t: t.show(CALL).type("ax").delete(1).show(CALL[1:]).accept(),
        [("accepted", 17, 17)],
    ),
    "delete what stood before": (lambda t: t.show(CALL).delete(2), [("dismissed", 0, None)]),
    "the editor closes a bracket": (
        lambda t: t.show(CALL).type("add").edit(7, 7, "()").move(8).show("first, second").accept(),
        [("accepted", 13, 13)],
    ),
    "the suggestion is one closed bracket": (lambda t: t.show("()").accept(), [("accepted", 2, 2)]),
    "two cursors type, the lower one first": (
        lambda t: t.show(CALL).edit(10, 10, "add(").move(4).insert("add("),
        [("partly", 4, 4)],
    ),
    "two cursors accept, the upper one last": (
        lambda t: t.show(CALL).edit(10, 10, CALL).move(4).accept(),
        [("accepted", 18, 18)],
    ),
    "two cursors, the upper one first": (
        lambda t: t.show(CALL).edit(0, 0, CALL).move(22).accept(),
        [("accepted", 18, 18)],
    ),
    "a menu replaces the word": (
        lambda t: t.move(0).insert("re").show("turn 1", "re").edit(0, 2, "return 1"),
        [("accepted", 6, 6)],
    ),
    "a menu deletes the word first": (
        lambda t: t.move(0).insert("re").show("turn 1", "re").edit(0, 2, "").edit(0, 0, "return 1"),
        [("accepted", 6, 6)],
    ),
    "a menu replaces what begins otherwise": (
        lambda t: t.move(0).insert("RE").show("return 1", "RE", item="return 1").edit(0, 2, "return 1"),
        [("accepted", 8, 8)],
    ),
    "accept a single character": (lambda t: t.show(")").accept(), [("accepted", 1, 1)]),
    "type through, then accept what comes next": (
        lambda t: t.show("add").type("add").show("(first)").accept(),
        [("typed", 0, None), ("accepted", 7, 7)],
    ),
    "more is suggested than before": (lambda t: t.show("add(").show(CALL).accept(), [("accepted", 18, 18)]),
    "less is suggested than before": (lambda t: t.show(LINES).show("if first:").accept(), [("accepted", 9, 9)]),
}


@pytest.mark.parametrize("name", TRACES)
def test_an_outcome_follows_from_the_edits(name: str) -> None:
    """End, accepted characters, and those that are still there half a minute later."""
    do, expected = TRACES[name]
    typist = Typist()

    do(typist)

    assert typist.ends() == expected


def test_what_is_shown_for_a_blink_does_not_count() -> None:
    """Less than 250 ms: nobody can have read it, so nobody refused it."""
    typist = Typist()
    typist.tracker.shown(Suggestion(id=1, uri=URI, start=Place(0, 4), text=CALL, circumstances=about()), 100.0)
    typist.tracker.edited(URI, Edit(Place(0, 4), Place(0, 4), "z"), 100.1)
    typist.tracker.shown(Suggestion(id=2, uri=URI, start=Place(0, 5), text="oo", circumstances=about("2")), 100.2)
    typist.tracker.closed(URI, 101.0)

    assert [outcome.circumstances.key for outcome in typist.tracker.tick(101.0)] == ["2"]


def test_what_is_left_alone_for_ten_seconds_is_rejected() -> None:
    """Not before."""
    typist = Typist().show(CALL)

    assert not typist.wait(9).told
    assert [outcome.end for outcome in typist.wait(1).told] == ["dismissed"]


def test_an_acceptance_is_told_at_once_and_again_when_it_is_known_what_was_kept() -> None:
    """An editor that is killed in between loses only the second half."""
    typist = Typist().show(CALL).accept()

    at_once = list(typist.told)
    typist.wait(31)

    assert [outcome.num_kept for outcome in at_once] == [None]
    assert [outcome.num_kept for outcome in typist.told] == [None, 18]


def test_the_editors_word_counts_where_the_text_has_another_shape() -> None:
    """It indented what it inserted: accepted is what it says, but nobody knows what was kept."""
    typist = Typist().show(LINES)
    typist.edit(4, 4, LINES.replace("\n", "\n        "))
    typist.tracker.accepted(1, typist.now_s)

    assert typist.ends() == [("accepted", 39, None)]


def test_the_editors_word_counts_before_the_text_comes() -> None:
    """The order of command and edit is the editor's."""
    typist = Typist().show(CALL)
    typist.tracker.accepted(1, typist.now_s)
    typist.edit(4, 4, CALL)

    assert typist.ends() == [("accepted", 18, None)]


@pytest.mark.parametrize("id", [1, 3])
def test_any_id_of_a_suggestion_that_went_on_accepts_it(id: int) -> None:
    """An editor may still show the first item, shortened by what was typed."""
    typist = Typist().show(CALL).type("ad")
    typist.tracker.accepted(id, typist.now_s)

    assert typist.ends() == [("accepted", 16, None)]


@pytest.mark.parametrize("id", [0, 2, -1])
def test_an_unknown_id_accepts_nothing(id: int) -> None:
    """Anybody can send a command."""
    typist = Typist().show(CALL)
    typist.tracker.accepted(id, typist.now_s)

    assert typist.ends() == [("dismissed", 0, None)]


def test_a_document_that_is_closed_leaves_no_verdict() -> None:
    """It was shown, and nothing else is known."""
    typist = Typist().show(CALL)
    typist.tracker.closed(URI, typist.now_s)

    assert typist.ends() == [("shown", 0, None)]


def test_a_document_that_is_closed_after_an_acceptance_says_nothing_of_what_was_kept() -> None:
    """Its text is not followed any more."""
    typist = Typist().show(CALL).accept()
    typist.tracker.closed(URI, typist.now_s)

    assert typist.ends() == [("accepted", 18, None)]


def test_documents_do_not_meet() -> None:
    """An edit of one says nothing of a suggestion in another."""
    typist = Typist().show(CALL)
    typist.tracker.edited("file:///b.py", Edit(Place(0, 4), Place(0, 4), CALL), typist.now_s)

    assert typist.ends() == [("dismissed", 0, None)]


def test_words_and_lines_are_counted() -> None:
    """Words as a regular expression knows them."""
    (outcome,) = Typist().show(LINES).accept().told

    assert (outcome.num_words, outcome.num_lines, outcome.num_shown) == (6, 3, 39)


def test_an_editor_that_gathers_keys_is_given_longer_pieces() -> None:
    """Neovim tells what was typed within 150 ms as one edit: three characters at once are no acceptance there."""
    typist = Typist(tracker=Tracker(max_typed_chars=3))

    typist.show(CALL).insert("add").insert("(fi").insert("rst").insert(", s").insert("eco").insert("nd)")

    assert typist.ends() == [("typed", 0, None)]


def test_no_more_suggestions_are_followed_than_anybody_could_accept() -> None:
    """Memory is bounded: of those beyond, it is not known what was kept."""
    typist = Typist()
    for _ in range(MAX_WATCHED + 3):
        typist.show("ab").accept()
        typist.now_s -= 0.7  # a machine types

    kept = [kept for _, _, kept in typist.ends()]

    assert kept == [None] * 3 + [2] * MAX_WATCHED


PIECES = st.text("ab(\n ", max_size=6) | st.sampled_from([CALL, LINES, "()", "\r\n", "\x00\ud800", "a" * 30_000])
PLACES = st.builds(Place, st.integers(0, 4), st.integers(0, 12))
STEPS = st.one_of(
    st.tuples(st.just("show"), PLACES, PIECES, PIECES),
    st.tuples(st.just("edit"), PLACES, PLACES, PIECES),
    st.tuples(st.just("accepted"), st.integers(-1, 30)),
    st.tuples(st.just("closed")),
    st.tuples(st.just("wait"), st.floats(-5, 40)),
)


@given(st.lists(STEPS, max_size=30))
def test_whatever_happens_nothing_is_kept_that_was_not_accepted_nor_accepted_that_was_not_shown(steps) -> None:
    """Edits out of order, out of the text, clocks that go back: never an error, never a wrong sum, one end each."""
    tracker, now_s, outcomes = Tracker(), 0.0, list[Outcome]()
    for number, (kind, *arguments) in enumerate(steps):
        if kind == "show":
            start, standing, text = arguments
            tracker.shown(
                Suggestion(
                    id=number, uri=URI, start=start, standing=standing, text=text, circumstances=about(str(number))
                ),
                now_s,
            )
        elif kind == "edit":
            tracker.edited(URI, Edit(*arguments), now_s)
        elif kind == "accepted":
            tracker.accepted(*arguments, now_s)
        elif kind == "closed":
            tracker.closed(URI, now_s)
        else:
            now_s += arguments[0]
        outcomes += tracker.tick(now_s)

    assert all(0 <= (each.num_kept or 0) <= each.num_accepted <= each.num_shown for each in outcomes)
    assert all((each.num_accepted > 0) == (each.end in ("accepted", "partly")) for each in outcomes)
    ends = {(each.circumstances.key, each.end) for each in outcomes}
    assert len(ends) == len({key for key, _ in ends})


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.text("ab\n", max_size=5)), max_size=12))
def test_a_region_is_where_its_text_is(edits) -> None:
    """Against the whole document: after any edits, the text between start and end is the region's."""
    typist = Typist(text="x = \ny = 1\n")
    typist.show(LINES).accept()
    region = typist.tracker._watched[0][2].region
    for one, other, text in edits:
        start, end = sorted((min(one, len(typist.text)), min(other, len(typist.text))))
        typist.edit(start, end, text)

    lines = typist.text.split("\n")
    start = sum(len(line) + 1 for line in lines[: region.start.line]) + region.start.column
    assert typist.text[start : start + len(region.text)] == region.text
