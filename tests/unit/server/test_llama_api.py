"""llama-server's JSON to our messages."""

import pytest

from assistant.errors import InputError
from assistant.protocol import AdapterScale, AdapterScales, Chunk, FimRequest
from assistant.server.llama_api import (
    adapter_scales,
    adapters,
    applied_template,
    detokenize_request,
    infill_request,
    model_name,
    tokenize_request,
)


def test_infill_is_understood() -> None:
    """The text of the current line comes in `prompt` and belongs to the prefix."""
    request = infill_request({"input_prefix": "a\n", "prompt": "b", "input_suffix": "c", "n_predict": 7})

    assert request == FimRequest(prefix="a\nb", suffix="c", max_tokens=7)


def test_what_llama_vim_sends_is_understood() -> None:
    """Other files, sampling and the time limit count; what only concerns llama-server's insides is ignored."""
    body = {
        "input_prefix": "a\n",
        "input_suffix": "c",
        "input_extra": [{"filename": "b.py", "text": "x"}],
        "prompt": "b",
        "n_predict": 128,
        "stop": ["\n\n"],
        "n_indent": 4,
        "top_k": 40,
        "top_p": 0.9,
        "samplers": ["top_k", "top_p", "infill"],
        "stream": False,
        "cache_prompt": True,
        "t_max_prompt_ms": 500,
        "t_max_predict_ms": 1000,
        "response_fields": ["content"],
    }

    assert infill_request(body) == FimRequest(
        prefix="a\nb",
        suffix="c",
        chunks=(Chunk(name="b.py", text="x"),),
        max_tokens=128,
        stop=("\n\n",),
        top_k=40,
        top_p=0.9,
        deadline_ms=1000,
    )


@pytest.mark.parametrize("n_predict", [-1, None])
def test_n_predict_may_leave_the_choice_to_us(n_predict) -> None:
    """-1 is "as you like", as in llama-server."""
    assert infill_request({"n_predict": n_predict}) == FimRequest(prefix="", suffix="")


def test_no_tokens_asked_for_is_a_warm_up() -> None:
    """llama.vim fills the cache ahead of need so, with a time limit of 1 ms for the tokens it does not want."""
    body = {"input_prefix": "a", "n_predict": 0, "t_max_predict_ms": 1}

    assert infill_request(body) == FimRequest(prefix="a", suffix="", warm_up=True)


def test_our_own_fields_are_understood_beside_llama_servers() -> None:
    """A client of llama-server may say who it is, and gets what that brings."""
    body = {"input_prefix": "a", "client": "me", "document": "a.py", "early_ms": 50, "deadline_ms": 900}

    assert infill_request(body) == FimRequest(
        prefix="a", suffix="", client="me", document="a.py", early_ms=50, deadline_ms=900
    )


@pytest.mark.parametrize(
    "body",
    [
        {"input_prefix": 3},
        {"prompt": ["x"]},
        {"input_suffix": {}},
        {"n_predict": "x"},
        {"n_predict": -7},
        {"t_max_predict_ms": -1},
        {"input_extra": "x"},
        {"input_extra": ["x"]},
        {"input_extra": [{"filename": "x"}]},
        {"input_extra": [{"text": "x"}] * 65},
        {"input_extra": [{"text": "x" * (1 << 20)}, {"text": "x"}]},
        {"input_extra": [{"filename": "x" * 4097, "text": ""}]},
        {"grammar": "root ::= [a-z]"},
        {"logit_bias": [[1, -1]]},
    ],
    ids=lambda body: f"{body!s:.40}",
)
def test_a_wrong_infill_request_is_refused_with_a_hint(body) -> None:
    """400 instead of a traceback."""
    with pytest.raises(InputError) as caught:
        infill_request(body)

    assert caught.value.hint


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (tokenize_request, {}),
        (tokenize_request, {"content": 3}),
        (tokenize_request, {"content": "x", "with_pieces": "yes"}),
        (tokenize_request, {"content": "x" * (1 << 20) + "x"}),
        (detokenize_request, {"tokens": [1] * ((1 << 20) + 1)}),
        (detokenize_request, {}),
        (detokenize_request, {"tokens": 3}),
        (detokenize_request, {"tokens": ["x"]}),
        (detokenize_request, {"tokens": [True]}),
    ],
)
def test_a_wrong_request_for_tokens_is_refused(read, body) -> None:
    """Missing, of the wrong type, or longer than anybody counts at once."""
    with pytest.raises(InputError):
        read(body)


def test_adapters_are_scaled_by_request_class() -> None:
    """llama-server's list, and for whoever knows ours, one class of requests at a time."""
    scales = adapter_scales([{"id": 0, "scale": 0.5}, {"id": 1, "scale": 1, "class": "chat"}])

    assert scales == AdapterScales(
        scales=(AdapterScale(id=0, scale=0.5), AdapterScale(id=1, scale=1, request_class="chat"))
    )


def test_adapters_are_listed_with_one_scale_and_with_each() -> None:
    """llama-server has one number; ours stand beside it."""
    known = {"id": 0, "name": "a", "path": "a.gguf", "scales": {"completion": 0.0, "chat": 1.0}}

    assert adapters({"adapters": [known]}) == [
        {"id": 0, "path": "a.gguf", "scale": 1.0, "scales": {"completion": 0.0, "chat": 1.0}}
    ]


@pytest.mark.parametrize(
    "body",
    [
        {},
        [3],
        [{"scale": 1.0}],
        [{"id": "0", "scale": 1.0}],
        [{"id": 0, "scale": float("nan")}],
        [{"id": 0, "scale": 1e9}],
        [{"id": 0, "scale": 1.0, "class": "wizard"}],
        [{"id": 0, "scale": 1.0}] * 65,
    ],
    ids=lambda body: f"{body!s:.40}",
)
def test_wrong_scales_are_refused(body) -> None:
    """Nothing out of range reaches the engine."""
    with pytest.raises(InputError):
        adapter_scales(body)


@pytest.mark.parametrize("name", [None, 3, "", "../x", "/etc/passwd", "~/x.gguf", "a/b"])
def test_a_model_is_loaded_by_name_only(name) -> None:
    """No path that comes over HTTP opens a file."""
    with pytest.raises(InputError, match="not the name of a model"):
        model_name({"model": name})


def test_an_applied_template_is_one_text() -> None:
    """llama-server's clients want no pieces."""
    pieces = [{"role": "mark", "text": "<|user|>", "num_tokens": 1}, {"role": "message", "text": "hi", "num_tokens": 1}]

    assert applied_template({"pieces": pieces}) == {"prompt": "<|user|>hi"}
