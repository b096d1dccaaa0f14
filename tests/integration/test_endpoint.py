"""Other people's servers in the daemon's place, over loopback: a scripted stranger, and our own daemon as one."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from assistant.client import Client, connect
from assistant.config import effective
from assistant.errors import CairnError, ConfigError, DaemonError, EngineError, InputError
from assistant.protocol import ChatRequest, Chunk, FimRequest, Message
from assistant.remote.endpoint import Endpoint
from assistant.server.app import build_app
from assistant.server.daemon import server_config
from assistant.server.loopback import bind_port
from tests.fake_engine import alone
from tests.serving import free_port, serving

HOLE = FimRequest(
    prefix="a = ",
    suffix="\n",
    name="a.py",
    chunks=(Chunk(name="b.py", text="b"),),
    references=("copied",),
    client="me",
    document="file:///a.py",
)
TALK = ChatRequest(messages=(Message(role="user", content="hi"),), seed=3)
OPENAI_FIELDS = {
    *("model", "messages", "prompt", "suffix", "max_tokens", "temperature", "top_p", "stop", "seed", "stream"),
    *("stream_options", "response_format", "frequency_penalty", "presence_penalty"),
}
OWN_TOKEN = "t" * 43
USAGE = {
    "prompt_tokens": 9,
    "completion_tokens": 2,
    "total_tokens": 11,
    "prompt_tokens_details": {"cached_tokens": 4},
}


class Stranger:
    """A server with OpenAI's API that says its words; `refusals` are what paths answer instead."""

    def __init__(self) -> None:
        self.words = ["1", " + 2"]
        self.pause_s = 0.0
        self.refusals: dict[str, Response] = {}
        self.bodies: list[tuple[str, dict]] = []
        self.keys: list[str | None] = []
        self.num_left = 0
        self.app = Starlette(
            routes=[
                Route("/v1/models", self.models),
                *(Route(path, self.answer, methods=["POST"]) for path in ("/v1/chat/completions", "/v1/completions")),
                Route("/infill", self.answer, methods=["POST"]),
            ]
        )

    async def models(self, request: Request) -> Response:
        self.keys.append(request.headers.get("authorization"))
        listed = {"data": [{"id": "big", "max_model_len": 4096}, {"id": "small"}]}
        return self.refusals.get("/v1/models") or JSONResponse(listed)

    async def answer(self, request: Request) -> Response:
        path = request.url.path
        self.bodies.append((path, await request.json()))
        return self.refusals.get(path) or StreamingResponse(self.stream(path), media_type="text/event-stream")

    async def stream(self, path: str) -> AsyncIterator[str]:
        try:
            for word in self.words:
                yield f"data: {json.dumps(self.chunk(path, word))}\n\n"
                await asyncio.sleep(self.pause_s)
        except asyncio.CancelledError:
            self.num_left += 1
            raise
        last = {"choices": [], "usage": USAGE}
        if path == "/infill":
            last = {"content": "", "stop": True, "stop_type": "limit"}
        else:
            yield f"data: {json.dumps(self.chunk(path, '', 'length'))}\n\n"
        yield f": a comment\n\ndata: {json.dumps(last)}\n\ndata: [DONE]\n\n"

    def chunk(self, path: str, word: str, reason: str | None = None) -> dict:
        if path == "/infill":
            return {"content": word, "stop": False}
        said = {"delta": {"content": word}} if "chat" in path else {"text": word}
        return {"choices": [said | {"index": 0, "finish_reason": reason}], "usage": None}


@pytest.fixture
def stranger() -> Stranger:
    return Stranger()


@pytest.fixture
def url(stranger) -> Iterator[str]:
    """Where the stranger is."""
    port = free_port()
    with serving(uvicorn.Config(stranger.app, log_level="warning", lifespan="off"), bind_port(port)):
        yield f"http://127.0.0.1:{port}/v1"


@pytest.fixture
async def endpoint(url):
    async with Endpoint(url, key="secret") as endpoint:
        yield endpoint


async def said(endpoint: Endpoint, request: ChatRequest) -> tuple[str, str | None]:
    """The whole text and the reason it ended."""
    deltas = [delta async for delta in endpoint.chat(request)]
    return "".join(delta.text for delta in deltas), deltas[-1].finish_reason


async def test_a_stranger_answers_like_the_daemon(endpoint, stranger) -> None:
    """Holes and chats, with its counts and our clock, by the first model it lists; the key goes along."""
    completion = await endpoint.complete(HOLE)
    deltas = [delta async for delta in endpoint.chat(TALK)]

    assert (completion.text, completion.finish_reason) == ("1 + 2", "length")
    assert "".join(delta.text for delta in deltas) == "1 + 2"
    for timings in (completion.timings, deltas[-1].timings):
        assert (timings.num_prompt_tokens, timings.num_cached_tokens, timings.num_completion_tokens) == (9, 4, 2)
        assert timings.ttft_ms > 0
    assert [body["model"] for _, body in stranger.bodies] == ["big", "big"]
    assert stranger.keys == ["Bearer secret"]


async def test_a_stranger_gets_openais_fields_and_no_others(endpoint, stranger) -> None:
    """Who asks, about which file, and what was copied is not its business."""
    await endpoint.complete(HOLE)
    await said(endpoint, TALK)

    for _, body in stranger.bodies:
        assert set(body) <= OPENAI_FIELDS
        assert not {"me", "file:///a.py", "copied"} & {str(value) for value in body.values()}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": {"message": "suffix is not currently supported", "type": "BadRequestError"}}),
        (500, {"error": {"code": 500, "message": "Unsupported param: suffix", "type": "server_error"}}),
    ],
    ids=["vLLM", "llama-server"],
)
async def test_who_refuses_the_suffix_is_asked_as_llama_server_and_that_is_remembered(
    endpoint, stranger, status, body
) -> None:
    """One refusal, then `/infill` at once; there the chunks have a field."""
    stranger.refusals["/v1/completions"] = JSONResponse(body, status)

    first = await endpoint.complete(HOLE)
    await endpoint.complete(HOLE)

    assert (first.text, first.finish_reason) == ("1 + 2", "length")
    assert [path for path, _ in stranger.bodies] == ["/v1/completions", "/infill", "/infill"]
    assert stranger.bodies[1][1]["input_extra"] == [{"filename": "b.py", "text": "b"}]


async def test_who_knows_neither_way_cannot_fill_holes_and_is_not_asked_again(endpoint, stranger) -> None:
    """Two lines, and chats go on."""
    stranger.refusals["/v1/completions"] = JSONResponse({"detail": "no suffix here"}, 400)
    stranger.refusals["/infill"] = JSONResponse({}, 404)

    for _ in range(2):
        with pytest.raises(EngineError, match="cannot fill holes") as caught:
            await endpoint.complete(HOLE)

    assert caught.value.hint
    assert len(stranger.bodies) == 2
    assert (await said(endpoint, TALK))[0] == "1 + 2"


async def test_early_and_late_are_kept_here(endpoint, stranger) -> None:
    """The first line, the end of the line, a stop string beyond OpenAI's four, and the deadlines."""
    stranger.words = ["1", "\n2", " stop", "\n3"]

    async def text(**change: object) -> tuple[str, str]:
        request = FimRequest(prefix="a", suffix="", **change)
        completion = await endpoint.complete(request)
        return completion.text, completion.finish_reason

    assert await text(early_ms=9000, client="me") == ("1", "early")
    assert await text(single_line=True) == ("1", "stop")
    assert await text(stop=("a", "b", "c", "d", " stop")) == ("1\n2", "stop")
    stranger.pause_s = 3600
    assert await text(deadline_ms=1500) == ("1", "deadline")
    assert await text(early_ms=1500, client="me") == ("1", "early")
    assert await said(endpoint, ChatRequest(messages=TALK.messages, deadline_ms=1500)) == ("1", "deadline")


async def test_leaving_closes_the_connection(endpoint, stranger) -> None:
    """The stranger need not compute what nobody waits for."""
    stranger.pause_s = 3600
    stream = endpoint.chat(TALK)
    await anext(stream)

    await stream.aclose()

    async with asyncio.timeout(60):
        while not stranger.num_left:
            await asyncio.sleep(0.01)


async def test_a_warm_up_asks_nothing(endpoint, stranger) -> None:
    """There is no asking a stranger for that."""
    assert (await endpoint.complete(FimRequest(prefix="a", suffix="", warm_up=True))).text == ""
    assert stranger.bodies == []


async def test_a_schema_is_openais_response_format_and_a_grammar_is_refused(endpoint, stranger) -> None:
    """What has no field is not silently left out."""
    await said(endpoint, ChatRequest(messages=TALK.messages, json_schema={"type": "array"}))

    assert stranger.bodies[0][1]["response_format"]["json_schema"]["schema"] == {"type": "array"}
    with pytest.raises(InputError, match="no grammar"):
        await said(endpoint, ChatRequest(messages=TALK.messages, grammar="root ::= x"))


async def test_its_status_is_what_it_says(endpoint, url) -> None:
    """The model, where, and how much it holds."""
    status = await endpoint.status()

    assert (status.model, status.model_path, status.context_tokens) == ("big", url.removesuffix("/v1"), 4096)
    assert status.can_chat


REFUSALS = {
    "a wrong key": (JSONResponse({}, 401), "does not know the key", "CAIRN_ENDPOINT_KEY"),
    "its own words": (JSONResponse({"error": {"message": "too hot"}}, 503), "refused: too hot", "log"),
    "others' words": (JSONResponse({"detail": "too hot"}, 422), "refused: too hot", "log"),
    "no words": (Response("<html>", 502), "status 502", "log"),
    "a page": (Response("<html>"), "does not speak OpenAI's API", "endpoint"),
    "another place": (Response(status_code=307, headers={"location": "http://evil.example"}), "speak", "endpoint"),
    "nonsense": (Response("data: [1]\n\n", media_type="text/event-stream"), "does not speak", "endpoint"),
    "a failure in the middle": (
        Response('data: {"error": {"message": "out of memory"}}\n\n', media_type="text/event-stream"),
        "failed: out of memory",
        "again",
    ),
}


@pytest.mark.parametrize(("answer", "message", "hint"), REFUSALS.values(), ids=REFUSALS)
async def test_what_it_refuses_is_two_lines(endpoint, stranger, answer, message, hint) -> None:
    """Its reason where it gives one, and what to do."""
    stranger.refusals |= {"/v1/chat/completions": answer, "/v1/completions": answer}

    for asking in (said(endpoint, TALK), endpoint.complete(HOLE)):
        with pytest.raises(CairnError, match=message) as caught:
            await asking
        assert hint in caught.value.hint


async def test_nobody_there_is_two_lines() -> None:
    """And how to have the own model back."""
    async with Endpoint(f"http://127.0.0.1:{free_port()}") as endpoint:
        with pytest.raises(DaemonError, match="cannot be reached") as caught:
            await endpoint.complete(HOLE)

    assert "without `endpoint`" in caught.value.hint


@pytest.mark.parametrize("url", ["gpu-box:8000", "ftp://x", "http://", "http://x:99999", "http://[x", "http://x/?a=b"])
def test_what_is_no_address_is_refused(url) -> None:
    """Before anything is sent."""
    with pytest.raises(ConfigError, match="endpoint is not an address"):
        Endpoint(url)


def test_a_secret_in_the_address_is_refused_and_not_repeated() -> None:
    """Settings are shown; secrets are not."""
    with pytest.raises(ConfigError) as caught:
        Endpoint("http://me:secret@x")

    assert "secret@" not in str(caught.value) + caught.value.hint


async def test_settings_choose_the_endpoint(home, url, stranger, monkeypatch) -> None:
    """`connect()` gives it, with model and key; the key is in no list of settings."""
    async with connect() as client:
        assert isinstance(client, Client)
    monkeypatch.setenv("CAIRN_ENDPOINT", url)
    monkeypatch.setenv("CAIRN_ENDPOINT_MODEL", "small")
    monkeypatch.setenv("CAIRN_ENDPOINT_KEY", "secret")

    async with connect() as client:
        status = await client.status()
        await client.complete(HOLE)

    assert status.model == "small"
    assert stranger.keys == ["Bearer secret"]
    assert stranger.bodies[0][1]["model"] == "small"
    assert "secret" not in str(effective())


class OwnEngine:
    """The engine of our own daemon, as far as an endpoint is asked."""

    def __init__(self) -> None:
        self.model = Path("own.gguf")
        self.ready = {"model": "own"}
        self.pid = None

    async def start(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def stream(self, op: str, request: object) -> AsyncIterator[dict]:
        timings = {"num_prompt_tokens": 9, "num_cached_tokens": 4, "num_completion_tokens": 2}
        yield {"id": 1, "text": f"{op} "}
        yield {
            "id": 1,
            "text": "done",
            "finish_reason": "stop",
            "timings": timings | {"ttft_ms": 1.0, "decode_tokens_per_s": 1.0},
        }


async def test_our_own_daemon_is_an_endpoint_with_its_token() -> None:
    """A team's bigger machine, or a tunnel to it; without the token it does not answer."""
    port = free_port()
    app = build_app(alone(OwnEngine()), idle_limit_s=3600, on_idle=lambda: None, token=OWN_TOKEN)
    with serving(server_config(app), bind_port(port)):
        async with Endpoint(f"http://localhost:{port}/v1", key=OWN_TOKEN) as endpoint:
            completion = await endpoint.complete(HOLE)
            talk = await said(endpoint, TALK)
            status = await endpoint.status()
        async with Endpoint(f"http://localhost:{port}/v1", key="guess") as endpoint:
            with pytest.raises(EngineError, match="does not know the key"):
                await endpoint.complete(HOLE)

    assert (completion.text, completion.finish_reason, completion.timings.num_cached_tokens) == ("fim done", "stop", 4)
    assert talk == ("chat done", "stop")
    assert status.model == "own"
