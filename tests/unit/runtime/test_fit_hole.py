"""The window around the cursor: what fits is kept, and its left edge stands still while one types."""

from hypothesis import given
from hypothesis import strategies as st

from assistant.runtime.requests import fit_hole

lengths = st.integers(0, 400)


@given(num_prefix=lengths, num_suffix=lengths, room=st.integers(16, 300))
def test_the_window_fits_and_touches_the_cursor(num_prefix, num_suffix, room) -> None:
    """What is kept is the end of the prefix and the beginning of the suffix, at most `room` together."""
    prefix, suffix = list(range(num_prefix)), list(range(num_suffix))

    kept_prefix, kept_suffix = fit_hole(prefix, suffix, room)

    assert len(kept_prefix) + len(kept_suffix) <= room
    assert kept_prefix == prefix[len(prefix) - len(kept_prefix) :]
    assert kept_suffix == suffix[: len(kept_suffix)]


def test_what_fits_is_not_cut() -> None:
    """A small file is seen whole."""
    assert fit_hole([1, 2, 3], [4, 5], 10) == ([1, 2, 3], [4, 5])


def test_typing_moves_the_left_edge_rarely() -> None:
    """The KV cache serves as long as the prompt begins alike: the edge moves once in a quarter of the window."""
    room, suffix = 400, list(range(100))

    edges = [fit_hole(list(range(length)), suffix, room)[0][0] for length in range(300, 900)]

    assert len(set(edges)) <= 10
