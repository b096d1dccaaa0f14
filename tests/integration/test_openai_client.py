"""The official `openai` client against the daemon. It is no dependency: where it is not installed these are skipped."""

import asyncio

import httpx2
import pytest

from assistant import paths
from assistant.client import connect

openai = pytest.importorskip("openai", minversion="3", reason="pip install openai")

CHAT = {"model": "any", "messages": [{"role": "user", "content": "Return the sum of two numbers."}], "max_tokens": 16}
TEXT = {"model": "any", "prompt": "def add(a, b):\n    return", "max_tokens": 16, "temperature": 0}


@pytest.fixture
async def official(cairn):
    """The official client, over the socket of the test's own daemon."""
    async with connect() as client:
        await client.status()
    transport = httpx2.AsyncHTTPTransport(uds=str(paths.socket_path()))
    http = openai.DefaultAsyncHttpxClient(transport=transport)
    async with openai.AsyncOpenAI(
        base_url="http://cairn/v1", api_key="none", http_client=http, max_retries=0
    ) as official:
        yield official


async def test_models_texts_and_chats_are_understood(official) -> None:
    """Whole answers, with usage."""
    models = [model async for model in official.models.list()]
    chat = await official.chat.completions.create(**CHAT)
    text = await official.completions.create(**TEXT)
    hole = await official.completions.create(**TEXT, suffix="\n")

    assert len(models) == 1
    assert chat.choices[0].message.content
    assert chat.usage.total_tokens == chat.usage.prompt_tokens + chat.usage.completion_tokens
    assert text.choices[0].finish_reason in ("stop", "length")
    assert hole.choices[0].text


async def test_a_stream_ends_at_a_stop_string_and_says_what_it_cost(official) -> None:
    """`stop` and `include_usage` together; the stopped text is the beginning of the free one."""
    free = (await official.completions.create(**TEXT)).choices[0].text
    stop = free[len(free) // 2 :][:3]

    stream = await official.completions.create(**TEXT, stop=[stop], stream=True, stream_options={"include_usage": True})
    chunks = [chunk async for chunk in stream]

    assert "".join(chunk.choices[0].text for chunk in chunks[:-1]) == free[: free.index(stop)]
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens > 0
    assert all(chunk.usage is None for chunk in chunks[:-1])


async def test_a_refusal_is_the_clients_own_error(official) -> None:
    """A 400 with the message as its body has it."""
    with pytest.raises(openai.BadRequestError, match="not supported yet") as caught:
        await official.completions.create(**TEXT, n=2)

    assert caught.value.type == "invalid_request_error"


async def test_leaving_a_stream_frees_the_engine(official) -> None:
    """Closing the client's stream cancels the request."""
    stream = await official.chat.completions.create(**CHAT | {"max_tokens": 900, "temperature": 1.0}, stream=True)
    await anext(aiter(stream))

    await stream.close()

    async with connect() as client, asyncio.timeout(60):
        while any(slot.is_busy for slot in (await client.status()).slots):
            await asyncio.sleep(0.02)
