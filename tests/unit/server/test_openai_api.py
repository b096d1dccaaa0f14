"""OpenAI's JSON to our messages and back."""

import pytest

from assistant.errors import InputError
from assistant.protocol import ChatRequest, Chunk, FimRequest, Message, TextRequest, encode
from assistant.server.forms import Chat, Completions
from assistant.server.openai_api import chat_request, completion_request, with_hole

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


@pytest.mark.parametrize(
    ("prompt", "hole"),
    [
        ("<pre>a<suf>b<mid>", ("a", "b")),
        ("<pre><suf><mid>", ("", "")),
        ("<pre>a<mid>", None),
        ("a<pre>b<suf>c<mid>", None),
        ("<pre>a<suf>b<mid>c", None),
        ("<pre>a<suf>b<suf>c<mid>", None),  # which of the two is the mark, nobody can tell
    ],
)
def test_a_prompt_that_is_laid_out_as_a_hole_is_one(prompt: str, hole: tuple[str, str] | None) -> None:
    """As Zed sends it. Marks anywhere else are text."""
    body = with_hole({"prompt": prompt}, ["<pre>", "<suf>", "<mid>"])

    assert body == ({"prompt": hole[0], "suffix": hole[1]} if hole else {"prompt": prompt})


def test_marks_beside_a_suffix_and_of_models_without_holes_are_text() -> None:
    """Who sends a suffix means the prompt as it is."""
    body = {"prompt": "<pre>a<suf>b<mid>"}

    assert with_hole(body | {"suffix": "x"}, ["<pre>", "<suf>", "<mid>"])["prompt"] == body["prompt"]
    assert with_hole(body, []) == body


def test_without_a_suffix_text_is_continued() -> None:
    """A plain completion."""
    assert completion_request({"prompt": "a", "suffix": None}) == ("text", TextRequest(prompt="a"))


def test_sampling_is_passed_on() -> None:
    """OpenAI's names and llama-server's, at every endpoint."""
    sampling = {
        "temperature": 0.7,
        "top_k": 20,
        "top_p": 0.8,
        "min_p": 0.05,
        "repeat_penalty": 1.1,
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
        "seed": 42,
    }

    assert completion_request({"prompt": "a"} | sampling) == ("text", TextRequest(prompt="a", **sampling))


def test_a_hole_may_come_with_all_that_is_known_of_it() -> None:
    """What our own client sends arrives as it was."""
    request = FimRequest(
        prefix="a",
        suffix="b",
        name="a.py",
        chunks=(Chunk(name="b.py", text="x"),),
        references=("copied",),
        client="me",
        document="file:///a.py",
        deadline_ms=900,
        early_ms=50,
        warm_up=True,
    )
    fields = encode(request)

    assert completion_request({"prompt": fields.pop("prefix")} | fields) == ("fim", request)


@pytest.mark.parametrize(
    ("fields", "schema"),
    [
        ({"response_format": {"type": "text"}}, None),
        ({"response_format": {"type": "json_object"}}, {}),
        ({"response_format": {"type": "json_object", "schema": {"type": "array"}}}, {"type": "array"}),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "array"}}}},
            {"type": "array"},
        ),
        ({"json_schema": {"type": "array"}}, {"type": "array"}),
        ({"grammar": ""}, None),
    ],
    ids=str,
)
def test_an_answer_may_have_to_keep_to_a_schema(fields, schema) -> None:
    """As OpenAI says it, and as llama-server does."""
    chat = chat_request({"messages": [{"role": "user", "content": "hi"}]} | fields)
    _, text = completion_request({"prompt": "a"} | fields)

    assert chat.json_schema == text.json_schema == schema


def test_an_answer_may_have_to_keep_to_a_grammar() -> None:
    """llama-server's field."""
    assert chat_request({"messages": [{"role": "user", "content": "hi"}], "grammar": "root ::= x"}).grammar


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
        ({"top_k": -1}, "top_k is -1"),
        ({"top_p": 1.5}, "top_p is 1.5"),
        ({"min_p": float("inf")}, "min_p is inf"),
        ({"repeat_penalty": 0}, "repeat_penalty is 0"),
        ({"frequency_penalty": 3}, "frequency_penalty is 3"),
        ({"presence_penalty": -3}, "presence_penalty is -3"),
        ({"seed": 1 << 32}, "seed is 4294967296"),
        ({"deadline_ms": -1}, "deadline_ms is -1"),
        ({"grammar": "x" * (64 << 10) + "x"}, "may have 64 KB"),
        ({"json_schema": {"x": "x" * (64 << 10)}}, "may have 64 KB"),
        ({"json_schema": 3}, "json_schema"),
        ({"grammar": "root ::= x", "json_schema": {}}, "one grammar or schema"),
        ({"response_format": {"type": "xml"}}, "response_format is not understood"),
        ({"response_format": {"type": "json_schema"}}, "response_format is not understood"),
        ({"response_format": "json_object"}, "response_format is not understood"),
        ({"logit_bias": {"50256": -100}}, '"logit_bias" is not supported'),
        ({"suffix": "", "grammar": "root ::= x"}, "takes no grammar"),
        ({"suffix": "", "json_schema": {}}, "takes no grammar"),
        ({"suffix": "", "early_ms": 50}, "early_ms needs a client"),
        ({"suffix": "", "early_ms": 60_001, "client": "me"}, "early_ms is 60001"),
        ({"suffix": "", "client": "x" * 4097}, "longer than 4096"),
        ({"suffix": "", "references": ["x"] * 65}, "more than 64"),
        ({"suffix": "", "references": ["x" * (1 << 20), "x"]}, "longer than 1048576"),
        ({"suffix": "", "chunks": [{"name": "a"}]}, "text"),
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
