"""Holes being filled by an engine that says its words when it is told to."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import EngineError
from assistant.protocol import FimRequest
from assistant.server.streams import Holes

TIMINGS = {
    "num_prompt_tokens": 5,
    "num_cached_tokens": 0,
    "num_completion_tokens": 1,
    "ttft_ms": 1.0,
    "decode_tokens_per_s": 1.0,
}
ASKED = FimRequest(prefix="x", suffix="\n", client="me", document="a.py")
EARLY = replace(ASKED, early_ms=10_000)
HURRIED = replace(ASKED, early_ms=1)


class SlowEngine:
    """Says what it is told, word by word; None ends an answer. As in the engine, a newer request cancels the older."""

    def __init__(self) -> None:
        self.asked: list[FimRequest] = []
        self.words: list[asyncio.Queue[str | Exception | None]] = []
        self.num_left = 0

    async def stream(self, _op: str, request: Any) -> AsyncIterator[dict]:
        for words in self.words:
            words.put_nowait("cancelled")
        self.asked.append(request)
        self.words.append(asyncio.Queue())
        words = self.words[-1]
        try:
            while (word := await words.get()) is not None:
                if isinstance(word, Exception):
                    raise word
                if word == "cancelled":
                    yield {"id": 1, "text": "", "finish_reason": "cancelled", "timings": TIMINGS}
                    return
                yield {"id": 1, "text": word}
            yield {"id": 1, "text": "", "finish_reason": "stop", "timings": TIMINGS}
        except asyncio.CancelledError:
            self.num_left += 1
            raise

    def say(self, *words: str | Exception | None) -> None:
        """The next words of the newest answer."""
        for word in words:
            self.words[-1].put_nowait(word)


async def answer(holes: Holes, request: FimRequest) -> dict:
    """The whole answer as one event."""
    events = [event async for event in holes.events(request)]
    return events[-1] | {"text": "".join(event["text"] for event in events)}


async def asking(holes: Holes, request: FimRequest) -> "asyncio.Task[dict]":
    """A request that is under way."""
    task = asyncio.create_task(answer(holes, request))
    for _ in range(5):
        await asyncio.sleep(0)
    return task


def typed(text: str, request: FimRequest = ASKED) -> FimRequest:
    """The next request after `text` was typed or accepted."""
    return replace(request, prefix=request.prefix + text)


@pytest.fixture
def engine() -> SlowEngine:
    return SlowEngine()


@pytest.fixture
async def holes(engine):
    holes = Holes(engine.stream)
    yield holes
    await holes.close()


async def test_typing_along_a_suggestion_asks_nobody(engine, holes) -> None:
    """The rest of the text, with the reason it ended and no new work; all of it typed, the engine is asked again."""
    first = await asking(holes, ASKED)
    engine.say("foo", "(bar)", None)
    await first

    second = await answer(holes, typed("fo"))
    third = await asking(holes, typed("foo(bar)"))

    assert (second["text"], second["finish_reason"]) == ("o(bar)", "stop")
    assert second["timings"]["is_remembered"]
    assert second["timings"]["num_prompt_tokens"] == 0
    assert engine.asked == [ASKED, typed("foo(bar)")]
    third.cancel()


async def test_the_first_line_is_answered_as_soon_as_it_is_there(engine, holes) -> None:
    """Without its end; the engine goes on, and accepting the line finds the rest."""
    early = await asking(holes, EARLY)
    engine.say("\n  foo", "()\n  b")

    line = await early
    engine.say("ar()", None)
    rest = await answer(holes, typed("\n  foo()", EARLY))

    assert (line["text"], line["finish_reason"]) == ("\n  foo()", "early")
    assert not line["timings"].get("is_remembered")
    assert (rest["text"], rest["finish_reason"]) == ("\n  bar()", "stop")
    assert len(engine.asked) == 1


async def test_when_time_is_up_what_there_is_is_answered(engine, holes) -> None:
    """Something, or nothing; the rest comes with the next keystroke."""
    none_yet = await answer(holes, HURRIED)
    engine.say("foo")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    some = await answer(holes, HURRIED)
    engine.say("()", None)
    rest = await answer(holes, typed("f", HURRIED))

    assert (none_yet["text"], none_yet["finish_reason"]) == ("", "early")
    assert (some["text"], some["finish_reason"]) == ("foo", "early")
    assert (rest["text"], rest["finish_reason"]) == ("oo()", "stop")
    assert len(engine.asked) == 1


async def test_an_answer_that_ends_early_is_whole(engine, holes) -> None:
    """One line that is the whole answer ends as the engine says, with what it cost."""
    early = await asking(holes, EARLY)
    engine.say("foo", None)

    assert await early | {"id": 1} == {"id": 1, "text": "foo", "finish_reason": "stop", "timings": TIMINGS}


async def test_a_request_that_is_ahead_waits_for_the_same_stream(engine, holes) -> None:
    """The typed character was not said yet, and then is."""
    first = await asking(holes, ASKED)
    second = await asking(holes, typed("fo"))
    engine.say("f", "oo", None)

    assert (await first)["text"] == "foo"
    assert (await second)["text"] == "o"
    assert len(engine.asked) == 1


async def test_where_text_and_stream_part_the_engine_is_asked(engine, holes) -> None:
    """Waiting for agreement costs no answer: the newer request is sent as soon as it is known to differ."""
    first = await asking(holes, ASKED)
    second = await asking(holes, typed("fa"))
    engine.say("foo")
    for _ in range(9):
        await asyncio.sleep(0)
    engine.say("b", None)

    assert (await first)["finish_reason"] == "cancelled"
    assert (await second)["text"] == "b"
    assert engine.asked == [ASKED, typed("fa")]


async def test_a_text_that_ends_where_the_cursor_stands_is_asked_for_again(engine, holes) -> None:
    """Nothing left is no answer."""
    first = await asking(holes, ASKED)
    second = await asking(holes, typed("foo"))
    engine.say("foo", None)
    await first
    for _ in range(9):
        await asyncio.sleep(0)
    engine.say("bar", None)

    assert (await second)["text"] == "bar"


async def test_a_request_whose_client_leaves_is_cancelled(engine, holes) -> None:
    """Nobody pays for an answer no one reads; it is asked for anew."""
    first = await asking(holes, ASKED)

    first.cancel()
    for _ in range(9):
        await asyncio.sleep(0)
    again = await asking(holes, ASKED)
    engine.say("foo", None)

    assert engine.num_left == 1
    assert (await again)["text"] == "foo"


async def test_nobody_joins_a_request_that_is_being_cancelled(engine, holes) -> None:
    """The next one may come before the cancelled one has ended."""
    first = await asking(holes, ASKED)

    first.cancel()
    second = await asking(holes, ASKED)
    engine.say("foo", None)

    assert (await second)["text"] == "foo"
    assert len(engine.asked) == 2


async def test_a_request_that_another_one_waits_for_goes_on(engine, holes) -> None:
    """An editor cancels the older keystroke and sends the newer one in either order."""
    first = await asking(holes, ASKED)
    second = await asking(holes, typed("f"))

    first.cancel()
    await asyncio.sleep(0)
    engine.say("foo", None)

    assert (await second)["text"] == "oo"
    assert engine.num_left == 0


async def test_an_early_request_goes_on_when_its_client_leaves(engine, holes) -> None:
    """The next keystroke wants what was being said."""
    first = await asking(holes, EARLY)

    first.cancel()
    for _ in range(9):
        await asyncio.sleep(0)
    engine.say("foo", None)

    assert (await answer(holes, typed("f", EARLY)))["text"] == "oo"
    assert len(engine.asked) == 1


async def test_a_deadline_holds_for_who_joins_a_stream_too(engine, holes) -> None:
    """The engine keeps the deadline of the request it was asked for, and no other."""
    first = await asking(holes, ASKED)
    engine.say("foo")

    joined = await answer(holes, replace(typed("f"), deadline_ms=1))

    assert (joined["text"], joined["finish_reason"]) == ("oo", "deadline")
    engine.say(None)
    assert (await first)["text"] == "foo"


async def test_what_fails_fails_for_all_who_wait_and_is_forgotten(engine, holes) -> None:
    """A dead engine is told to each; the next request starts anew."""
    tasks = [await asking(holes, ASKED), await asking(holes, typed("f"))]
    engine.say("f", EngineError("the engine stopped", hint="again"))

    ends = await asyncio.gather(*tasks, return_exceptions=True)
    again = await asking(holes, ASKED)
    engine.say("foo", None)

    assert [str(end) for end in ends] == ["the engine stopped"] * 2
    assert (await again)["text"] == "foo"


async def test_a_failure_in_the_background_disturbs_nobody(engine, holes) -> None:
    """The early answer stands; the next request asks the engine."""
    early = await asking(holes, EARLY)
    engine.say("foo\n")
    await early
    engine.say(EngineError("the engine stopped", hint="again"))
    for _ in range(9):
        await asyncio.sleep(0)

    await asking(holes, typed("f"))

    assert len(engine.asked) == 2


@pytest.mark.parametrize("request_", [replace(ASKED, client=""), replace(ASKED, warm_up=True)], ids=["nobody", "warm"])
async def test_who_has_no_name_or_no_question_goes_straight_to_the_engine(engine, holes, request_) -> None:
    """Nothing is remembered."""
    for _ in range(2):
        task = await asking(holes, request_)
        engine.say("foo", None)
        assert (await task)["text"] == "foo"

    assert len(engine.asked) == 2


@settings(max_examples=60, deadline=None)
@given(
    text=st.text("ab\n", min_size=1, max_size=12),
    cuts=st.lists(st.integers(1, 4), max_size=6),
    keys=st.lists(st.tuples(st.sampled_from("ab\n"), st.booleans()), max_size=8),
)
async def test_whatever_is_typed_every_answer_is_a_piece_of_what_the_model_said(text, cuts, keys) -> None:
    """Keys fall anywhere between the words, with and without hurry: each answer begins the rest of the model's text."""
    engine = SlowEngine()
    holes = Holes(engine.stream)
    tasks = [(ASKED, await asking(holes, ASKED))]
    at, begun = "", 0
    for number, (key, is_early) in enumerate(keys):
        cut = cuts[number] if number < len(cuts) else 0
        if cut and len(engine.asked) == 1:
            engine.say(text[begun : begun + cut])
            begun += cut
        at += key
        request = typed(at, EARLY if is_early else ASKED)
        tasks.append((request, await asking(holes, request)))
    if len(engine.asked) == 1:
        engine.say(text[begun:], None)
    for _ in range(30):
        await asyncio.sleep(0)

    for request, task in tasks:
        if not task.done():
            task.cancel()
            continue
        end = task.result()
        if end["finish_reason"] != "cancelled":
            place = request.prefix[1:]
            assert text.startswith(place + end["text"])
            assert end["finish_reason"] == "early" or place + end["text"] == text
    await holes.close()
