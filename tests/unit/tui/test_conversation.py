"""The conversation as data."""

import pytest

from assistant.protocol import ChatDelta, Timings
from assistant.tui.conversation import Conversation, Reply


def test_a_request_holds_all_turns_in_order() -> None:
    """User and assistant alternate, the open question is last."""
    conversation = Conversation().asked("one").answered("1").asked("two").answered("2").asked("three")

    request = conversation.request()

    roles_and_texts = [(message.role, message.content) for message in request.messages]
    assert roles_and_texts == [
        ("user", "one"),
        ("assistant", "1"),
        ("user", "two"),
        ("assistant", "2"),
        ("user", "three"),
    ]


def test_a_turn_without_an_answer_is_left_out() -> None:
    """What failed before its first token never was, so that roles keep alternating."""
    conversation = Conversation().asked("lost").answered("").asked("next")

    assert [message.content for message in conversation.request().messages] == ["next"]


def test_a_conversation_is_never_changed_in_place() -> None:
    """Each step gives a new value; the old one stays as it was."""
    before = Conversation().asked("one")

    after = before.answered("1")

    assert before.turns[0].answer == ""
    assert after.turns[0].answer == "1"


def test_the_speed_of_a_running_reply_leaves_prefill_out() -> None:
    """The first token ends prefill; decoding is the tokens after it over the time after it."""
    reply = Reply(started_s=10.0)

    for at_s in (12.0, 12.1, 12.2, 12.3):
        reply.take(ChatDelta(text="x"), at_s)

    assert reply.ttft_ms == pytest.approx(2000)
    assert reply.tokens_per_s == pytest.approx(10)
    assert reply.context_tokens is None


def test_a_reply_of_one_token_has_no_speed() -> None:
    """One point in time is no rate."""
    reply = Reply(started_s=10.0)

    reply.take(ChatDelta(text="x"), 11.0)

    assert reply.tokens_per_s is None


def test_the_daemons_own_measurements_replace_ours() -> None:
    """The engine's clock and count are nearer to the truth than the socket's end."""
    timings = Timings(
        num_prompt_tokens=100, num_cached_tokens=0, num_completion_tokens=7, ttft_ms=50.0, decode_tokens_per_s=33.0
    )
    reply = Reply(started_s=0.0)

    reply.take(ChatDelta(text="ab"), 5.0)
    reply.take(ChatDelta(text="", finish_reason="stop", timings=timings), 9.0)

    assert (reply.text, reply.num_tokens, reply.ttft_ms, reply.tokens_per_s) == ("ab", 7, 50.0, 33.0)
    assert reply.context_tokens == 107
