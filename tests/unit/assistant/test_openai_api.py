"""OpenAI's JSON to our messages and back."""

import pytest

from assistant.errors import InputError
from assistant.protocol import ChatRequest, FimRequest, Message, TextRequest
from assistant.server.openai_api import Chat, Completions, chat_request, completion_request

TIMINGS = {
    "num_prompt_tokens": 10,
    "num_cached_tokens": 4,
    "num_completion_tokens": 2,
    "ttft_ms": 1.0,
    "decode_tokens_per_s": 9.0,
}
EVENTS = [{"id": 1, "text": "a"}, {"id": 1, "text": "b", "finish_reason": "stop", "timings": TIMINGS}]


def test_a_suffix_makes_it_a_hole() -> None:
    """OpenAI's completions with `suffix` are fill-in-the-middle; unknown fields are other people's."""
    op, request = completion_request({"prompt": "a", "suffix": "b", "max_tokens": 5, "model": "x", "user": "y"})

    assert (op, request) == ("fim", FimRequest(prefix="a", suffix="b", max_tokens=5))


def test_without_a_suffix_text_is_continued() -> None:
    """A plain completion."""
    assert completion_request({"prompt": "a", "suffix": None}) == ("text", TextRequest(prompt="a"))


def test_chat_content_may_be_a_list_of_parts() -> None:
    """As OpenAI's clients send it; `developer` is the newer word for `system`."""
    body = {
        "messages": [{"role": "developer", "content": [{"type": "text", "text": "hi"}]}],
        "max_completion_tokens": 3,
    }

    assert chat_request(body) == ChatRequest(messages=(Message(role="system", content="hi"),), max_tokens=3)


@pytest.mark.parametrize(("stop", "meant"), [("x", ("x",)), (["x", "", "yz"], ("x", "yz")), ("", ()), (None, ())])
def test_stop_is_one_string_or_a_list(stop, meant) -> None:
    """As OpenAI has it, at all endpoints; an empty string asks for nothing."""
    chat = chat_request({"messages": [{"role": "user", "content": "hi"}], "stop": stop})
    _, text = completion_request({"prompt": "a", "stop": stop})
    _, hole = completion_request({"prompt": "a", "suffix": "", "stop": stop})

    assert chat.stop == text.stop == hole.stop == meant


def test_fields_that_ask_for_nothing_are_not_refused() -> None:
    """Clients send the defaults of what we do not have."""
    nothing = {"n": 1, "best_of": None, "echo": False, "logprobs": False, "tools": [], "response_format": None}

    assert completion_request({"prompt": "a", **nothing}) == ("text", TextRequest(prompt="a"))


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"stop": 3}, "stop must be"),
        ({"stop": ["x", 3]}, "stop must be"),
        ({"stop": ["x"] * 17}, "at most 16"),
        ({"stop": "x" * 257}, "at most 256 characters"),
        ({"n": 2}, '"n" is not supported'),
        ({"max_tokens": 0}, "max_tokens is 0"),
        ({"max_tokens": -1}, "max_tokens is -1"),
        ({"temperature": -0.1}, "temperature is -0.1"),
        ({"temperature": 2.5}, "temperature is 2.5"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"prompt": "x" * (1 << 20) + "x"}, "longer than 1048576 characters"),
    ],
    ids=lambda value: "" if isinstance(value, str) else next(iter(value)),
)
def test_values_out_of_bounds_are_refused_with_a_hint(field, message) -> None:
    """Never clipped silently, never handed to the engine."""
    with pytest.raises(InputError, match=message) as caught:
        completion_request({"prompt": "a"} | field)

    assert caught.value.hint


@pytest.mark.parametrize(
    "body",
    [
        {"messages": []},
        {"messages": "hi"},
        {"messages": [3]},
        {"messages": [{"role": "wizard", "content": "hi"}]},
        {"messages": [{"role": "user", "content": 3}]},
        {"messages": [{"role": "user", "content": "hi"}], "max_tokens": "many"},
        {"messages": [{"role": "user", "content": "hi"}], "n": 2},
        {"messages": [{"role": "user", "content": ["hi"]}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
        {"messages": [{"role": "user", "content": "x" * (1 << 20)}, {"role": "user", "content": "x"}]},
    ],
)
def test_a_wrong_chat_request_is_refused_with_a_hint(body) -> None:
    """Never half understood."""
    with pytest.raises(InputError) as caught:
        chat_request(body)

    assert caught.value.hint


def test_usage_counts_what_was_cached() -> None:
    """The whole answer carries OpenAI's usage and our timings."""
    whole = Chat("m").whole(EVENTS)

    assert whole["choices"][0]["message"]["content"] == "ab"
    assert whole["usage"]["total_tokens"] == 12
    assert whole["usage"]["prompt_tokens_details"] == {"cached_tokens": 4}
    assert whole["timings"] == TIMINGS


@pytest.mark.parametrize("form", [Chat, Completions])
def test_a_stream_ends_with_its_usage_only_for_those_who_asked(form) -> None:
    """`include_usage`: null in every chunk, then one without choices; otherwise no chunk names it."""
    plain, asked = form("m"), form("m", with_usage=True)

    assert not any("usage" in plain.piece(event) for event in EVENTS)
    assert plain.closing(EVENTS[-1]) == []
    assert [asked.piece(event)["usage"] for event in EVENTS] == [None, None]
    (closing,) = asked.closing(EVENTS[-1])
    assert closing["choices"] == []
    assert closing["usage"]["completion_tokens"] == 2
    assert asked.piece(EVENTS[1])["choices"][0]["finish_reason"] == "stop"
