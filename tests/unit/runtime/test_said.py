"""An answer that a new engine takes up is heard once."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.runtime.said import OtherWordsError, Said

cuts = st.lists(st.integers(1, 5), max_size=10)


async def pieces(text: str, lengths: list[int]) -> AsyncIterator[dict]:
    """The text in pieces of these lengths, the rest with the last event."""
    for length in lengths:
        yield {"id": 1, "text": text[:length]}
        text = text[length:]
    yield {"id": 1, "text": text, "finish_reason": "stop"}


async def heard(said: Said, events: AsyncIterator[dict], count: int = 100) -> str:
    """The text of the first `count` events that are handed on."""
    text = ""
    async for event in said.news(events):
        text += event["text"]
        count -= 1
        if not count:
            break
    return text


@given(text=st.text(max_size=30), first=cuts, second=cuts, num_heard=st.integers(1, 5))
async def test_whatever_was_said_before_the_engine_died_is_not_said_again(text, first, second, num_heard) -> None:
    """However both engines cut their texts into pieces."""
    said = Said()
    before = await heard(said, pieces(text, first), num_heard)

    said.start_over()
    after = await heard(said, pieces(text, second))

    assert before + after == text


@pytest.mark.parametrize("other", ["def other()", "de"])
async def test_an_engine_that_says_something_else_is_not_believed(other) -> None:
    """Half of one answer and half of another make none; nor does one that ends before the first did."""
    said = Said()
    await heard(said, pieces("def main()", [4, 2]), 2)

    said.start_over()

    with pytest.raises(OtherWordsError):
        await heard(said, pieces(other, [1, 1]))


async def test_events_without_text_pass() -> None:
    """Errors, states, token ids."""

    async def events() -> AsyncIterator[dict]:
        yield {"id": 1, "slots": []}

    assert [event async for event in Said().news(events())] == [{"id": 1, "slots": []}]
