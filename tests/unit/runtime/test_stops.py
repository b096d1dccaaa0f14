"""Stop strings: what an answer hands on does not depend on how its text was cut into tokens."""

from hypothesis import example, given
from hypothesis import strategies as st

from assistant.runtime.stops import StopStrings

TEXTS = st.text("ab\n", max_size=24)
STOPS = st.lists(st.text("ab\n", min_size=1, max_size=5), max_size=4)


def up_to_first_stop(text: str, stops: list[str]) -> str:
    """The oracle: read character by character until a stop string is complete, and take the longest such away."""
    for end in range(1, len(text) + 1):
        complete = [stop for stop in stops if text[:end].endswith(stop)]
        if complete:
            return text[: end - max(map(len, complete))]
    return text


@given(pieces=st.lists(TEXTS, max_size=8), stops=STOPS)
@example(pieces=["a", "a", "ab"], stops=["aab"])
@example(pieces=["ab", "ab\n"], stops=["abab\n", "ba"])
def test_what_is_released_is_the_text_up_to_the_first_stop_string(pieces, stops) -> None:
    """For every text, every way to cut it into pieces and every set of stop strings."""
    text = "".join(pieces)
    holder = StopStrings(tuple(stops))

    released = "".join(holder.push(piece) for piece in pieces) + holder.finish()

    assert released == up_to_first_stop(text, stops)
    assert holder.is_met == (released != text)


@given(pieces=st.lists(TEXTS, max_size=8), stops=STOPS)
def test_only_what_may_become_a_stop_string_is_held_back(pieces, stops) -> None:
    """A stream is never later than it must be: what is not handed on yet is the beginning of a stop string."""
    holder = StopStrings(tuple(stops))
    text = released = ""
    for piece in pieces:
        text += piece
        released += holder.push(piece)
        if holder.is_met:
            break
        held = text.removeprefix(released)

        assert text.startswith(released)
        assert not held or any(stop.startswith(held) and stop != held for stop in stops)


def test_a_stop_string_over_two_tokens_is_held_until_it_is_complete() -> None:
    """The first half waits; the second half ends the answer, and neither is said."""
    holder = StopStrings(("\n```",))

    assert holder.push("x = 1\n``") == "x = 1"
    assert not holder.is_met
    assert holder.push("` and more") == ""
    assert holder.is_met


def test_a_beginning_that_comes_to_nothing_is_said_after_all() -> None:
    """Held text is late, never lost."""
    holder = StopStrings(("END",))

    assert [holder.push("E"), holder.push("N"), holder.push("OUGH")] == ["", "", "ENOUGH"]
    assert holder.push("EN") + holder.finish() == "EN"
