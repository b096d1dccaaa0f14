"""The daemon's HTTP over an engine that is told what to say."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.applications import Starlette

from assistant import paths
from assistant.errors import EngineError, InputError
from assistant.protocol import AdapterScale, AdapterScales, TokenizeRequest
from assistant.runtime.child import EngineDiedError
from assistant.server.app import Daemon, build_app
from tests.fake_engine import TIMINGS, FakeEngine, alone, client


async def test_the_pieces_of_an_answer_are_joined_for_those_who_do_not_stream() -> None:
    """One body, one text."""
    async with client(FakeEngine("a", "b")) as http:
        answer = (await http.post("/v1/completions", json={"prompt": "x", "suffix": "y"})).json()

    assert answer["choices"][0]["text"] == "ab"
    assert answer["timings"] == TIMINGS


class DyingEngine(FakeEngine):
    """Dies after the first piece of its first answer."""

    async def stream(self, op: str, request: object) -> AsyncIterator[dict]:
        is_first = not self.asked
        async for event in super().stream(op, request):
            yield event
            if is_first:
                raise EngineDiedError("the engine was killed by SIGBUS", hint="again", is_crash=True)


async def test_what_nobody_has_heard_is_asked_again_when_the_engine_dies() -> None:
    """A whole answer of the next engine is better than an error; half a stream cannot be taken back."""
    whole, streamed = DyingEngine("a", "b"), DyingEngine("a", "b")

    async with client(whole) as http:
        answer = (await http.post("/v1/completions", json={"prompt": "x"})).json()
    async with client(streamed) as http:
        lines = (await http.post("/v1/completions", json={"prompt": "x", "stream": True})).text

    assert answer["choices"][0]["text"] == "ab"
    assert len(whole.asked) == 2
    assert "SIGBUS" in lines
    assert len(streamed.asked) == 1


async def test_a_refusal_before_the_first_word_is_an_http_error_also_for_a_stream() -> None:
    """A client sees the status, not half a stream."""
    engine = FakeEngine(EngineError("the context is full", hint="ask for less"))
    body = {"messages": [{"role": "user", "content": "hi"}], "stream": True}

    async with client(engine) as http:
        answer = await http.post("/v1/chat/completions", json=body)

    assert answer.status_code == 503
    assert answer.json()["error"] == {
        "message": "the context is full",
        "hint": "ask for less",
        "type": "server_error",
        "param": None,
        "code": None,
    }


async def test_what_the_engine_refuses_for_the_request_is_the_clients_fault() -> None:
    """A prompt that is too long is counted in the engine, and is a 400 as if it were counted here."""
    async with client(FakeEngine(InputError("the prompt is too long", hint="ask for less"))) as http:
        answer = await http.post("/v1/completions", json={"prompt": "x"})

    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


async def test_a_stream_says_what_it_cost_when_asked() -> None:
    """The chunk before [DONE] has the usage and no choices."""
    body = {"prompt": "x", "stream": True, "stream_options": {"include_usage": True}}

    async with client(FakeEngine("a", "b")) as http:
        lines = [line for line in (await http.post("/v1/completions", json=body)).text.splitlines() if line]

    last = json.loads(lines[-2].removeprefix("data: "))
    assert last["choices"] == []
    assert last["usage"]["total_tokens"] == 2
    assert lines[-1] == "data: [DONE]"


async def test_a_stream_of_infill_is_llama_servers() -> None:
    """Pieces with `stop` false, and a last one with the counts."""
    async with client(FakeEngine("a")) as http:
        lines = (await http.post("/infill", json={"input_prefix": "x", "stream": True})).text.splitlines()

    first, last = (json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {"))
    assert first == {"content": "a", "stop": False}
    assert last["stop"]
    assert last["tokens_predicted"] == 1


async def test_properties_slots_and_tokens_are_told_as_llama_server_tells_them() -> None:
    """The fields its clients look for."""
    engine = FakeEngine()

    async with client(engine) as http:
        props = (await http.get("/props")).json()
        slots = (await http.get("/slots")).json()
        tokens = (await http.post("/tokenize", json={"content": "hi", "with_pieces": False})).json()

    assert props["default_generation_settings"]["n_ctx"] == 99
    assert (props["total_slots"], props["model_path"], props["chat_template"]) == (1, "fake.gguf", "{{ messages }}")
    assert slots == [{"id": 0, "n_ctx": 99, "speculative": False, "is_processing": False, "n_prompt_tokens": 3}]
    assert tokens == {"tokens": [7]}
    assert engine.asked == [("tokenize", TokenizeRequest(content="hi"))]


@pytest.mark.parametrize(("template", "can_chat"), [("{{ messages }}", True), ("", False)])
async def test_a_model_with_a_chat_template_can_chat(template: str, can_chat: bool) -> None:
    """One without was made to go on with a text; what it would answer to an instruction is chance."""
    engine = FakeEngine()
    engine.ready["chat_template"] = template

    async with client(engine) as http:
        status = (await http.get("/status")).json()

    assert status["can_chat"] is can_chat


async def test_a_prompt_with_the_models_own_marks_asks_for_a_hole() -> None:
    """The engine gets prefix and suffix, and writes the marks itself."""
    engine = FakeEngine("a")
    async with client(engine) as http:
        await http.post("/v1/completions", json={"prompt": "<pre>x = <suf>\n<mid>"})

    ((op, request),) = engine.asked
    assert (op, request.prefix, request.suffix) == ("fim", "x = ", "\n")


async def test_a_client_may_ask_to_be_refused_when_no_slot_is_free() -> None:
    """`fail_on_no_slot` is 503 while all are busy, and changes nothing otherwise."""
    engine = FakeEngine()

    async with client(engine) as http:
        free = await http.get("/slots", params={"fail_on_no_slot": "1"})
        engine.is_busy = True
        busy = await http.get("/slots", params={"fail_on_no_slot": "1"})
        unconditional = await http.get("/slots")

    assert [answer.status_code for answer in (free, busy, unconditional)] == [200, 503, 200]


async def test_metrics_count_finished_requests() -> None:
    """Prometheus text: a line of help, one of type, one of value."""
    async with client(FakeEngine("a")) as http:
        await http.post("/v1/completions", json={"prompt": "x"})
        await http.post("/infill", json={"input_prefix": "x"})
        answer = await http.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert "# TYPE llamacpp:tokens_predicted_total counter" in lines
    assert "llamacpp:tokens_predicted_total 2" in lines
    assert "llamacpp:prompt_tokens_total 2" in lines
    assert 'cairn:requests_total{finish_reason="stop"} 2' in lines


async def test_typing_along_a_suggestion_is_answered_from_memory() -> None:
    """The engine is asked once; the answer says that it cost nothing, and the metrics count it."""
    engine = FakeEngine("foo", "()")
    hole = {"suffix": "", "client": "me", "document": "a.py"}

    async with client(engine) as http:
        await http.post("/v1/completions", json=hole | {"prompt": "x"})
        answer = (await http.post("/v1/completions", json=hole | {"prompt": "xfo"})).json()
        metrics = (await http.get("/metrics")).text.splitlines()

    assert answer["choices"][0] == {"index": 0, "text": "o()", "logprobs": None, "finish_reason": "stop"}
    assert answer["timings"]["is_remembered"]
    assert answer["usage"]["total_tokens"] == 0
    assert len(engine.asked) == 1
    assert "cairn:requests_remembered_total 1" in metrics
    assert 'cairn:requests_total{finish_reason="stop"} 1' in metrics


async def test_an_early_answer_is_given_while_the_engine_goes_on() -> None:
    """No connection is held meanwhile; the next request finds the rest, and nothing is asked twice."""
    engine = FakeEngine("foo\n", "  bar")
    engine.go_on.clear()
    hole = {"input_suffix": "", "client": "me", "document": "a.py", "early_ms": 60_000}

    async with client(engine) as http:
        early = (await http.post("/infill", json=hole | {"input_prefix": "x"})).json()
        engine.go_on.set()
        later = (await http.post("/infill", json=hole | {"input_prefix": "xfoo", "early_ms": 0})).json()

    assert (early["content"], later["content"]) == ("foo", "\n  bar")
    assert len(engine.asked) == 1


async def test_the_daemon_ends_what_goes_on_in_the_background() -> None:
    """It does not wait for answers that nobody waits for."""
    engine = FakeEngine("foo\n")
    engine.go_on.clear()
    app = build_app(alone(engine), idle_limit_s=60, on_idle=lambda: None)

    transport = httpx2.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport, base_url="http://x") as http:
        await http.post("/infill", json={"input_prefix": "x", "client": "me", "early_ms": 60_000})

    assert engine.num_left == 1


async def test_adapters_are_listed_and_scaled_as_in_llama_server() -> None:
    """The engine is asked once for each."""
    engine = FakeEngine()

    async with client(engine) as http:
        listed = (await http.get("/lora-adapters")).json()
        done = await http.post("/lora-adapters", json=[{"id": 0, "scale": 0.5}])
        wrong = await http.post("/lora-adapters", json={"id": 0})

    assert [adapter["scale"] for adapter in listed] == [1.0]
    assert done.json() == {"success": True}
    assert wrong.status_code == 400
    scales = AdapterScales(scales=(AdapterScale(id=0, scale=0.5),))
    assert engine.asked == [("adapters", None), ("set_adapters", scales)]


async def test_another_model_is_loaded_by_its_name(home) -> None:
    """One of this machine's models; a name that is none of them is refused, and a path is no name."""
    engine = FakeEngine()

    async with client(engine) as http:
        done = await http.post("/models/load", json={"model": "builtin"})
        unknown = await http.post("/models/load", json={"model": "nowhere"})
        path = await http.post("/models/load", json={"model": "/etc/passwd"})

    assert done.json() == {"success": True}
    assert engine.model == paths.BUILTIN_MODEL.resolve()
    assert [answer.status_code for answer in (unknown, path)] == [404, 400]


async def test_the_models_that_can_be_loaded_are_listed(home) -> None:
    """With what they are used for, and no path."""
    engine = FakeEngine()
    engine.model = paths.BUILTIN_MODEL

    async with client(engine) as http:
        (row,) = (await http.get("/cairn/models")).json()["models"]

    assert (row["name"], row["chats"], row["serves"]) == ("builtin", False, ["completion", "chat"])
    assert row["num_bytes"] == paths.BUILTIN_MODEL.stat().st_size
    assert str(paths.BUILTIN_MODEL.parent) not in json.dumps(row)


async def test_being_watched_is_not_being_used() -> None:
    """A Prometheus that asks every few seconds neither loads a model nor keeps the daemon from ending."""
    daemon = Daemon(alone(FakeEngine()))
    app = Starlette(routes=daemon.routes())
    await asyncio.sleep(0.01)
    before_s = daemon.idle_s()

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as http:
        await http.get("/metrics")

    assert daemon.idle_s() >= before_s


async def test_an_engine_that_dies_in_the_middle_ends_the_stream_with_its_reason() -> None:
    """The words so far stay; the last chunk is the error."""
    engine = FakeEngine("so far ", EngineError("the engine stopped", hint="again"))
    body = {"messages": [{"role": "user", "content": "hi"}], "stream": True}

    async with client(engine) as http:
        lines = (await http.post("/v1/chat/completions", json=body)).text.splitlines()

    assert "so far" in lines[0]
    assert "the engine stopped" in lines[2]
    assert lines[-2] == "data: [DONE]"


@pytest.mark.parametrize("is_asked", [True, False])
async def test_a_daemon_nobody_needs_says_so(is_asked) -> None:
    """`on_idle` comes after the limit without a request; each request starts the time anew."""
    idle = asyncio.Event()
    app = build_app(alone(FakeEngine("a")), idle_limit_s=3.0, on_idle=idle.set)

    async with app.router.lifespan_context(app):
        if is_asked:
            await asyncio.sleep(1.6)
            async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as http:
                await http.get("/health")
            await asyncio.sleep(1.6)
            assert not idle.is_set()
        await asyncio.wait_for(idle.wait(), 60)
