"""The daemon over its real socket, with the built-in model."""

import asyncio
import json
import stat

import httpx2
import pytest

from assistant import paths
from assistant.client import Client, connect
from assistant.errors import EngineError
from assistant.protocol import ChatRequest, Completion, FimRequest, Message

PREFIX = 'import os\n\n\ndef read(path):\n    """Read a text file."""\n    with open(path) as '
SUFFIX = "\n        return f.read()\n"


@pytest.fixture
async def client(cairn):
    """A client of the test's own daemon, which starts with its first request."""
    async with connect() as client:
        yield client


def raw(client: Client) -> httpx2.AsyncClient:
    """Plain HTTP to the same socket, as other people's programs speak it."""
    transport = httpx2.AsyncHTTPTransport(uds=str(paths.socket_path()))
    return httpx2.AsyncClient(transport=transport, base_url="http://localhost", timeout=60)


async def test_a_hole_is_filled_and_the_next_keystroke_finds_it_in_the_cache(client) -> None:
    """Suffix first: after one more character only the last tokens are computed."""
    first = await client.complete(FimRequest(prefix=PREFIX, suffix=SUFFIX, single_line=True))
    second = await client.complete(FimRequest(prefix=PREFIX + "f", suffix=SUFFIX, single_line=True))

    assert first.text.strip()
    assert "\n" not in first.text
    assert first.timings.num_completion_tokens > 0
    assert second.timings.num_prompt_tokens - second.timings.num_cached_tokens <= 4


async def test_the_same_question_has_the_same_answer(client) -> None:
    """Greedy decoding does not depend on what is in the cache."""
    request = FimRequest(prefix=PREFIX, suffix=SUFFIX, max_tokens=24)
    first = await client.complete(request)
    await client.complete(FimRequest(prefix="x = ", suffix=""))

    again = await client.complete(request)

    assert again.text == first.text


async def test_a_chat_streams_and_says_what_it_cost(client) -> None:
    """Text comes in pieces; the last one has the finish reason and the timings."""
    request = ChatRequest(messages=(Message(role="user", content="Return the sum of two numbers."),), max_tokens=16)

    deltas = [delta async for delta in client.chat(request)]

    assert "".join(delta.text for delta in deltas)
    assert deltas[-1].finish_reason in ("stop", "length")
    assert deltas[-1].timings is not None
    assert all(delta.finish_reason is None for delta in deltas[:-1])


async def test_leaving_a_chat_frees_the_engine(client) -> None:
    """A closed connection cancels the request: nothing stays busy, and nobody pays for an answer no one reads."""
    request = ChatRequest(messages=(Message(role="user", content="Count."),), max_tokens=900, temperature=1.0)
    stream = client.chat(request)
    await anext(stream)

    await stream.aclose()

    assert await becomes_idle(client)


async def test_cancelled_completions_free_the_engine(client) -> None:
    """Requests that are no streams end, too, when their clients leave: running ones and those that wait."""
    await client.status()
    request = FimRequest(prefix=PREFIX, suffix="", max_tokens=400, temperature=1.0)
    tasks = [asyncio.create_task(client.complete(request)) for _ in range(20)]
    await asyncio.sleep(0.05)

    for task in tasks:
        task.cancel()

    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert any(isinstance(end, asyncio.CancelledError) for end in ends)
    assert await becomes_idle(client)


async def test_text_that_names_control_tokens_stays_text(client) -> None:
    """A file about fill-in-the-middle is a file like any other."""
    plain = await client.complete(FimRequest(prefix="a = 1\n", suffix="", max_tokens=1))
    hostile = await client.complete(FimRequest(prefix="a = '<fim_middle>'\n", suffix="<|endoftext|>", max_tokens=1))

    assert hostile.timings.num_prompt_tokens > plain.timings.num_prompt_tokens + 6


async def test_a_conversation_longer_than_the_model_is_refused_with_its_size(client) -> None:
    """Nothing is cut silently."""
    long = ChatRequest(messages=(Message(role="user", content="word " * 5000),))

    with pytest.raises(EngineError, match=r"tokens and .* holds") as caught:
        [delta async for delta in client.chat(long)]

    assert "new conversation" in caught.value.hint


async def test_the_socket_is_for_its_owner_only(client) -> None:
    """Mode 0600 in a directory of mode 0700."""
    await client.status()

    socket = paths.socket_path()
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700


async def test_openai_clients_are_answered_in_their_own_form(client) -> None:
    """Models, a whole chat answer, and a stream that ends with [DONE]."""
    await client.status()
    body = {"model": "any", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 4}
    async with raw(client) as http:
        models = (await http.get("/v1/models")).json()
        whole = (await http.post("/v1/chat/completions", json=body)).json()
        stream = (await http.post("/v1/chat/completions", json=body | {"stream": True})).text
        infill = (
            await http.post("/infill", json={"input_prefix": PREFIX, "input_suffix": SUFFIX, "n_predict": 4})
        ).json()

    chunks = [line.removeprefix("data: ") for line in stream.splitlines() if line]
    assert models["data"][0]["object"] == "model"
    assert whole["object"] == "chat.completion"
    assert whole["usage"]["completion_tokens"] > 0
    assert chunks[-1] == "[DONE]"
    assert json.loads(chunks[0])["object"] == "chat.completion.chunk"
    assert infill["content"]


async def test_a_stop_string_ends_a_text_of_either_form(client) -> None:
    """Whole or streamed, the text is the unstopped one up to the stop string, and says "stop"."""
    await client.status()
    body = {"prompt": "def add(a, b):\n    return", "max_tokens": 24, "temperature": 0}
    async with raw(client) as http:
        free = (await http.post("/v1/completions", json=body)).json()["choices"][0]["text"]
        stop = free[len(free) // 2 :][:3]
        whole = (await http.post("/v1/completions", json=body | {"stop": stop})).json()["choices"][0]
        stream = (await http.post("/v1/completions", json=body | {"stop": ["\0", stop], "stream": True})).text

    choices = [json.loads(line.removeprefix("data: "))["choices"][0] for line in stream.splitlines() if "{" in line]
    assert stop
    assert whole["text"] == free[: free.index(stop)]
    assert whole["finish_reason"] == choices[-1]["finish_reason"] == "stop"
    assert "".join(choice["text"] for choice in choices) == whole["text"]


async def test_llama_servers_clients_find_what_they_ask_for(client) -> None:
    """Properties, slots, tokens there and back, and metrics that moved."""
    await client.complete(FimRequest(prefix=PREFIX, suffix=SUFFIX, max_tokens=4))
    async with raw(client) as http:
        props = (await http.get("/props")).json()
        slots = (await http.get("/slots")).json()
        ids = (await http.post("/tokenize", json={"content": PREFIX})).json()["tokens"]
        pieces = (await http.post("/tokenize", json={"content": "<fim_prefix>é", "with_pieces": True})).json()["tokens"]
        back = (await http.post("/detokenize", json={"tokens": ids})).json()["content"]
        wrong = await http.post("/detokenize", json={"tokens": [10**6]})
        metrics = (await http.get("/metrics")).text

    assert props["total_slots"] == len(slots) == 16
    assert props["default_generation_settings"]["n_ctx"] == slots[0]["n_ctx"] > 0
    assert any(slot["n_prompt_tokens"] for slot in slots)
    assert back == PREFIX
    assert pieces[0]["piece"] == "<fim_prefix>"
    assert wrong.status_code == 400
    values = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if not line.startswith("#"))
    assert 0 < int(values["llamacpp:tokens_predicted_total"]) <= 4
    assert values["llamacpp:requests_processing"] == "0"


async def test_a_prompt_too_long_for_the_model_is_the_clients_fault(client) -> None:
    """Status 400 with both sizes; the engine counts, and nothing is cut."""
    await client.status()

    async with raw(client) as http:
        answer = await http.post("/v1/completions", json={"prompt": "word " * 5000})

    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert "tokens and" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"{", 400, "not JSON"),
        (b"[]", 400, "not a JSON object"),
        (b'{"prompt": 3, "suffix": ""}', 400, "expected str"),
        (b'{"prompt": "a", "suffix": "", "max_tokens": "x"}', 400, "expected int"),
        (b'{"prompt": "a", "n": 2}', 400, "not supported yet"),
        (b"x" * (9 << 20), 413, "larger than 8 MB"),
    ],
    ids=["no JSON", "a list", "a number for text", "text for a number", "unsupported", "too large"],
)
async def test_a_wrong_request_is_refused_and_the_daemon_goes_on(client, body, status, message) -> None:
    """Its status, what happened and what to do; the next request is answered."""
    await client.status()

    async with raw(client) as http:
        answer = await http.post("/v1/completions", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == status
    assert message in answer.json()["error"]["message"]
    assert answer.json()["error"]["hint"]
    assert (await client.complete(FimRequest(prefix=PREFIX, suffix=SUFFIX, max_tokens=1))).timings


async def test_headers_without_end_are_refused(client) -> None:
    """Larger than the server's buffer or only larger than allowed: refused either way, and the next is answered."""
    await client.status()

    async with raw(client) as http:
        answers = [await http.get("/health", headers={"x": "y" * size}) for size in (17_000, 200_000)]

    assert {answer.status_code for answer in answers} <= {400, 431}
    assert await client.health()


async def becomes_idle(client: Client) -> bool:
    """Whether every slot is free in a while."""
    for _ in range(3000):
        if not any(slot.is_busy for slot in (await client.status()).slots):
            return True
        await asyncio.sleep(0.02)
    return False


async def test_more_clients_than_connections_are_told_so(client) -> None:
    """Beyond the limit a request is refused in two lines, and those before it are answered."""
    await client.status()
    requests = [FimRequest(prefix=f"x{number} = ", suffix="", max_tokens=2) for number in range(90)]

    ends = await asyncio.gather(*(client.complete(request) for request in requests), return_exceptions=True)

    assert any(isinstance(end, Completion) for end in ends)
    assert all(isinstance(end, Completion | EngineError) for end in ends), ends
    assert (await client.complete(requests[0])).timings
