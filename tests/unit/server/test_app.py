"""The daemon's HTTP over an engine that is told what to say."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from assistant.errors import EngineError
from assistant.server.app import build_app

TIMINGS = {
    "num_prompt_tokens": 1,
    "num_cached_tokens": 0,
    "num_completion_tokens": 1,
    "ttft_ms": 1.0,
    "decode_tokens_per_s": 1.0,
}


class FakeEngine:
    """Streams its script; an exception in the script is raised there."""

    def __init__(self, *script: str | Exception) -> None:
        self.model = Path("fake.gguf")
        self.pid = None
        self.ready = {"model": "fake", "context_tokens": 99}
        self.script = script
        self.asked: list[tuple[str, object]] = []

    async def start(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def slots(self) -> dict:
        return {"slots": [{"num_tokens": 3, "is_busy": False}], "num_queued": 0}

    async def stream(self, op: str, request: object) -> AsyncIterator[dict]:
        self.asked.append((op, request))
        for text in self.script:
            if isinstance(text, Exception):
                raise text
            yield {"id": 1, "text": text}
        yield {"id": 1, "text": "", "finish_reason": "stop", "timings": TIMINGS}


def client(engine: FakeEngine) -> httpx2.AsyncClient:
    """HTTP straight into the application, without a socket."""
    app = build_app(engine, idle_limit_s=60, on_idle=lambda: None)
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test")


async def test_the_pieces_of_an_answer_are_joined_for_those_who_do_not_stream() -> None:
    """One body, one text."""
    async with client(FakeEngine("a", "b")) as http:
        answer = (await http.post("/v1/completions", json={"prompt": "x", "suffix": "y"})).json()

    assert answer["choices"][0]["text"] == "ab"
    assert answer["timings"] == TIMINGS


async def test_a_refusal_before_the_first_word_is_an_http_error_also_for_a_stream() -> None:
    """A client sees the status, not half a stream."""
    engine = FakeEngine(EngineError("the context is full", hint="ask for less"))
    body = {"messages": [{"role": "user", "content": "hi"}], "stream": True}

    async with client(engine) as http:
        answer = await http.post("/v1/chat/completions", json=body)

    assert answer.status_code == 503
    assert answer.json()["error"] == {"message": "the context is full", "hint": "ask for less", "type": "EngineError"}


async def test_an_engine_that_dies_in_the_middle_ends_the_stream_with_its_reason() -> None:
    """The words so far stay; the last chunk is the error."""
    engine = FakeEngine("so far ", EngineError("the engine stopped", hint="again"))
    body = {"messages": [{"role": "user", "content": "hi"}], "stream": True}

    async with client(engine) as http:
        lines = (await http.post("/v1/chat/completions", json=body)).text.splitlines()

    assert "so far" in lines[0]
    assert "the engine stopped" in lines[2]
    assert lines[-2] == "data: [DONE]"


async def test_unknown_paths_and_methods_are_refused() -> None:
    """404 and 405, as HTTP has them."""
    async with client(FakeEngine()) as http:
        assert (await http.get("/etc/passwd")).status_code == 404
        assert (await http.get("/v1/completions")).status_code == 405


@pytest.mark.parametrize("is_asked", [True, False])
async def test_a_daemon_nobody_needs_says_so(is_asked) -> None:
    """`on_idle` comes after the limit without a request; each request starts the time anew."""
    idle = asyncio.Event()
    app = build_app(FakeEngine("a"), idle_limit_s=1.0, on_idle=idle.set)

    async with app.router.lifespan_context(app):
        if is_asked:
            await asyncio.sleep(0.7)
            async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as http:
                await http.get("/health")
            await asyncio.sleep(0.5)
            assert not idle.is_set()
        await asyncio.wait_for(idle.wait(), 5)
