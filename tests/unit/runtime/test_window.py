"""The window around the cursor: what fits is kept, and its left edge stands still while one types."""

from hypothesis import given
from hypothesis import strategies as st

from assistant.runtime.window import SegmentedTokenizer, fit_hole, near_cursor

segments = st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=40).map(tuple), max_size=20)


def joined(parts) -> list[int]:
    return [token for part in parts for token in part]


@given(before=segments, after=segments, room=st.integers(16, 300))
def test_the_window_fits_and_touches_the_cursor(before, after, room) -> None:
    """What is kept is the end of the prefix and the beginning of the suffix, at most `room` together."""
    kept_prefix, kept_suffix = fit_hole(before, after, room)

    prefix, suffix = joined(before), joined(after)
    assert len(kept_prefix) + len(kept_suffix) <= room
    assert kept_prefix == prefix[len(prefix) - len(kept_prefix) :]
    assert kept_suffix == suffix[: len(kept_suffix)]


@given(before=segments, after=segments)
def test_what_fits_is_not_cut(before, after) -> None:
    """A small file is seen whole."""
    room = len(joined(before)) + len(joined(after))

    assert fit_hole(before, after, room) == (joined(before), joined(after))


def test_a_suffix_may_be_held_short() -> None:
    """Where it is computed anew with every keystroke."""
    assert fit_hole([(1, 2)], [(3, 4), (5, 6)], 100, most_suffix=3) == ([1, 2], [3, 4, 5])


@given(before=segments, after=segments, room=st.integers(64, 300))
def test_most_of_the_window_is_used(before, after, room) -> None:
    """However the text is cut into segments, at least half of the prefix's room is filled if there is text for it."""
    kept_prefix, kept_suffix = fit_hole(before, after, room)

    assert len(kept_prefix) >= min(len(joined(before)), (room - len(kept_suffix)) // 2 - 1)


def test_typing_moves_the_left_edge_rarely() -> None:
    """The KV cache serves as long as the prompt begins alike: the edge moves once in a quarter of the window."""
    suffix = [tuple(range(100))]
    text = [tuple(range(start, start + 10)) for start in range(0, 900, 10)]

    edges = [fit_hole(text[:count], suffix, 400)[0][0] for count in range(30, 90)]

    assert len(set(edges)) <= 10


def test_the_edge_is_the_beginning_of_a_segment() -> None:
    """The model sees whole lines where it can."""
    text = [tuple(range(start, start + 7)) for start in range(0, 700, 7)]

    kept, _ = fit_hole(text, [], 300)

    assert kept[0] % 7 == 0


def test_a_long_file_is_cut_before_it_is_tokenised() -> None:
    """At the end of a line, and at the same one for the next keystrokes."""
    lines = "".join(f"line {number}\n" for number in range(20_000))

    kept = [near_cursor(lines + "x" * count, lines, 1000) for count in range(20)]

    assert all(len(prefix) <= 8000 and len(suffix) <= 2000 for prefix, suffix in kept)
    assert all(prefix.startswith("\nline ") for prefix, _ in kept)
    assert len({prefix.rstrip("x") for prefix, _ in kept}) == 1


def test_a_line_without_end_is_cut_all_the_same() -> None:
    """Minified files have one."""
    prefix, _ = near_cursor("x" * 100_000, "", 1000)

    assert 0 < len(prefix) <= 8000


def test_text_that_was_seen_before_is_not_tokenised_again() -> None:
    """Of a file in which one types, only the end of the last line is new."""
    asked: list[str] = []

    def tokenize(text: str) -> list[int]:
        asked.append(text)
        return list(text.encode())

    tokenizer = SegmentedTokenizer(tokenize, can_cut=True)
    tokenizer.segments("import os\nimport sys\nos.get")
    asked.clear()

    ids = joined(tokenizer.segments("import os\nimport sys\nos.gete"))

    assert asked == ["\nos.gete"]
    assert bytes(ids).decode() == "import os\nimport sys\nos.gete"


def test_a_vocabulary_that_joins_across_lines_gets_the_text_whole() -> None:
    """SentencePiece does; its ids depend on all that comes before."""
    tokenizer = SegmentedTokenizer(lambda text: [len(text)], can_cut=False)

    assert tokenizer.segments("a\nb\nc") == [(5,)]
