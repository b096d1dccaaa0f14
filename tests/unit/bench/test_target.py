"""Both servers' answers are read into the same numbers."""

import httpx2
import pytest

from assistant.bench.target import OurDaemon, PeerServer, Target, text_of
from assistant.errors import EngineError

OURS = """data: {"choices": [{"text": "a", "finish_reason": null}]}

data: {"choices": [{"text": "b", "finish_reason": "stop"}], "timings": {"num_prompt_tokens": 9, "num_cached_tokens": 7, "num_completion_tokens": 2}}

data: [DONE]
"""  # noqa: E501
THEIRS = """data: {"content": "a", "stop": false}

data: {"content": "", "stop": true, "timings": {"cache_n": 7, "prompt_n": 2, "predicted_n": 2}}
"""


def http(answer: str, status: int = 200) -> httpx2.AsyncClient:
    transport = httpx2.MockTransport(lambda request: httpx2.Response(status, text=answer))
    return httpx2.AsyncClient(transport=transport, base_url="http://test")


@pytest.mark.parametrize(
    ("target", "text"), [(OurDaemon("cairn", http(OURS)), "ab"), (PeerServer("peer", http(THEIRS)), "a")]
)
async def test_a_stream_is_read_to_its_end(target: Target, text: str) -> None:
    """Text, token counts and times."""
    answer = await target.fill("x", "y", max_tokens=2)

    assert (answer.text, answer.num_prompt_tokens, answer.num_evaluated_tokens) == (text, 9, 2)
    assert answer.num_completion_tokens == 2
    assert 0 < answer.ttft_ms <= answer.total_ms


async def test_a_refusal_names_the_server() -> None:
    """And says what it said."""
    with pytest.raises(EngineError, match="peer: too long"):
        await PeerServer("peer", http("too long", 400)).fill("x", "y", max_tokens=2)


def test_every_form_of_text_is_read() -> None:
    """Deltas, whole messages, completions, llama-server's, and events without any."""
    forms = ({"content": "a"}, *({"choices": [each]} for each in ({"text": "a"}, {"delta": {"content": "a"}})))

    assert [text_of(form) for form in forms] == ["a"] * 3
    assert text_of({"choices": [{"message": {"content": "a"}}]}) == "a"
    assert text_of({"choices": []}) == text_of({"choices": [{"delta": {"role": "assistant"}}]}) == ""
