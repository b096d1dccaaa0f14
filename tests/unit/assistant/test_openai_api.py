"""OpenAI's JSON to our messages and back."""

import pytest

from assistant.errors import InputError
from assistant.protocol import ChatRequest, FimRequest, Message, TextRequest
from assistant.server.openai_api import Chat, Completions, chat_request, completion_request, infill_request

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


def test_llama_servers_infill_is_understood() -> None:
    """The text of the current line comes in `prompt` and belongs to the prefix."""
    request = infill_request({"input_prefix": "a\n", "prompt": "b", "input_suffix": "c", "n_predict": 7})

    assert request == FimRequest(prefix="a\nb", suffix="c", max_tokens=7)


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
    ],
)
def test_a_wrong_chat_request_is_refused_with_a_hint(body) -> None:
    """Never half understood."""
    with pytest.raises(InputError) as caught:
        chat_request(body)

    assert caught.value.hint


def test_usage_counts_what_was_cached() -> None:
    """The last chunk, and the whole answer, carry OpenAI's usage and our timings."""
    whole = Chat("m").whole(EVENTS)

    assert whole["choices"][0]["message"]["content"] == "ab"
    assert whole["usage"]["total_tokens"] == 12
    assert whole["usage"]["prompt_tokens_details"] == {"cached_tokens": 4}
    assert "usage" not in Chat("m").piece(EVENTS[0])
    assert Completions("m").piece(EVENTS[1])["choices"][0]["finish_reason"] == "stop"
