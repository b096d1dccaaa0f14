"""llama-server's JSON to our messages."""

import pytest

from assistant.errors import InputError
from assistant.protocol import FimRequest
from assistant.server.llama_api import detokenize_request, infill_request, tokenize_request


def test_infill_is_understood() -> None:
    """The text of the current line comes in `prompt` and belongs to the prefix."""
    request = infill_request({"input_prefix": "a\n", "prompt": "b", "input_suffix": "c", "n_predict": 7})

    assert request == FimRequest(prefix="a\nb", suffix="c", max_tokens=7)


def test_what_llama_vim_sends_is_understood() -> None:
    """Sampling, timing and cache fields of its own are ignored; its stop strings are not."""
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

    assert infill_request(body) == FimRequest(prefix="a\nb", suffix="c", max_tokens=128, stop=("\n\n",))


@pytest.mark.parametrize(("n_predict", "max_tokens"), [(-1, 64), (None, 64), (0, 1)])
def test_n_predict_may_leave_the_choice_to_us_or_only_fill_the_cache(n_predict, max_tokens) -> None:
    """-1 is our default; 0 computes the prompt, and the least we can say after it is one token."""
    assert infill_request({"n_predict": n_predict}).max_tokens == max_tokens


@pytest.mark.parametrize(
    "body", [{"input_prefix": 3}, {"prompt": ["x"]}, {"input_suffix": {}}, {"n_predict": "x"}, {"n_predict": -7}]
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
