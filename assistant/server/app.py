"""The daemon's HTTP: OpenAI's endpoints, llama-server's, and a status. Bodies in, engine events out."""

import asyncio
import contextlib
import json
import logging
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator
from typing import Any

import psutil
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from assistant import __version__
from assistant.errors import CairnError, EngineError, InputError
from assistant.protocol import PROTOCOL_VERSION, Json, Slot, Status, Timings, encode
from assistant.runtime.process import EngineProcess
from assistant.server import llama_api, metrics, openai_api
from assistant.server.bodies import DisconnectedError, RefusedError, check_head, read_json, until_disconnect

log = logging.getLogger("cairn")

LONGEST_SLEEP_S = 3600.0
Handler = Callable[[Request], Awaitable[Response]]


class Daemon:
    """The endpoints over one engine."""

    def __init__(self, engine: EngineProcess) -> None:
        self._engine = engine
        self._last_timings: Timings | None = None
        self._totals = metrics.Totals()
        self._num_open = 0
        self._last_use_s = time.monotonic()

    def routes(self) -> list[Route]:
        """Every path the daemon answers."""
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/health", self.health),
            ("GET", "/status", self.status),
            ("GET", "/v1/models", self.models),
            ("POST", "/v1/completions", self.completions),
            ("POST", "/v1/chat/completions", self.chat),
            ("POST", "/infill", self.infill),
            ("POST", "/tokenize", self.tokenize),
            ("POST", "/detokenize", self.detokenize),
            ("GET", "/props", self.props),
            ("GET", "/slots", self.slots),
        ]
        routes = [Route(path, self._answered(self._used(handler)), methods=[method]) for method, path, handler in table]
        return [*routes, Route("/metrics", self._answered(self.metrics), methods=["GET"])]

    def idle_s(self) -> float:
        """Seconds since anybody wanted anything; 0 while somebody does."""
        return 0.0 if self._num_open else time.monotonic() - self._last_use_s

    async def health(self, _request: Request) -> Response:
        """Alive, and which protocol."""
        return JSONResponse({"status": "ok", "version": __version__, "protocol": PROTOCOL_VERSION, "pid": os.getpid()})

    async def status(self, request: Request) -> Response:
        """Model, slots, memory, speed."""
        state = await until_disconnect(request, self._engine.slots())
        ready = self._engine.ready
        pids = [os.getpid(), self._engine.pid]
        status = Status(
            version=__version__,
            protocol=PROTOCOL_VERSION,
            pid=os.getpid(),
            model=ready["model"],
            model_path=str(self._engine.model),
            context_tokens=ready["context_tokens"],
            num_queued=state["num_queued"],
            slots=tuple(Slot(**slot) for slot in state["slots"]),
            memory_bytes=sum(psutil.Process(pid).memory_info().rss for pid in pids if pid),
            last_timings=self._last_timings,
        )
        return JSONResponse(encode(status))

    async def models(self, request: Request) -> Response:
        """The model that is served, as OpenAI lists it."""
        await until_disconnect(request, self._engine.start())
        model = {"id": self._engine.ready["model"], "object": "model", "created": 0, "owned_by": "local"}
        return JSONResponse({"object": "list", "data": [model]})

    async def completions(self, request: Request) -> Response:
        """Continue a text or, with `suffix`, fill a hole."""
        body = await read_json(request)
        op, message = openai_api.completion_request(body)
        form = openai_api.Completions(self._engine.model.stem, with_usage=openai_api.wants_usage(body))
        return await self._answer(request, body, op, message, form)

    async def chat(self, request: Request) -> Response:
        """The next turn of a conversation."""
        body = await read_json(request)
        message = openai_api.chat_request(body)
        form = openai_api.Chat(self._engine.model.stem, with_usage=openai_api.wants_usage(body))
        return await self._answer(request, body, "chat", message, form)

    async def infill(self, request: Request) -> Response:
        """Fill a hole, asked for as llama-server's clients ask."""
        body = await read_json(request)
        message = llama_api.infill_request(body)
        return await self._answer(request, body, "fim", message, llama_api.Infill(self._engine.model.stem))

    async def tokenize(self, request: Request) -> Response:
        """The ids of a text."""
        message = llama_api.tokenize_request(await read_json(request))
        return await self._ask(request, "tokenize", message)

    async def detokenize(self, request: Request) -> Response:
        """The text of ids."""
        message = llama_api.detokenize_request(await read_json(request))
        return await self._ask(request, "detokenize", message)

    async def props(self, request: Request) -> Response:
        """The model and how it is served."""
        await until_disconnect(request, self._engine.start())
        return JSONResponse(llama_api.props(self._engine.ready, self._engine.model))

    async def slots(self, request: Request) -> Response:
        """What each slot does; with `fail_on_no_slot`, status 503 when all are busy."""
        state = await until_disconnect(request, self._engine.slots())
        if "fail_on_no_slot" in request.query_params and all(slot["is_busy"] for slot in state["slots"]):
            raise RefusedError("no slot is free", hint="try again", status=503)
        return JSONResponse(llama_api.slots(state, self._engine.ready))

    async def metrics(self, request: Request) -> Response:
        """Counters for Prometheus. Being watched is not being used: it neither loads a model nor keeps one loaded."""
        state: Json = {"slots": [], "num_queued": 0}
        if self._engine.pid is not None:
            state = await until_disconnect(request, self._engine.slots())
        num_busy = sum(slot["is_busy"] for slot in state["slots"])
        text = metrics.prometheus(self._totals, num_busy=num_busy, num_queued=state["num_queued"])
        return Response(text, media_type=metrics.CONTENT_TYPE)

    async def _ask(self, request: Request, op: str, message: Any) -> Response:
        answer = await until_disconnect(request, self._engine.ask(op, message))
        return JSONResponse({name: value for name, value in answer.items() if name != "id"})

    async def _answer(self, request: Request, body: Json, op: str, message: Any, form: openai_api.Form) -> Response:
        if not body.get("stream"):
            return JSONResponse(form.whole(await until_disconnect(request, self._collect(op, message))))
        events = self._events(op, message)
        first = await until_disconnect(request, anext(events))  # a refusal is still an HTTP error, not half a stream
        return StreamingResponse(server_sent(form, first, events), media_type="text/event-stream")

    async def _collect(self, op: str, message: Any) -> list[Json]:
        return [event async for event in self._events(op, message)]

    async def _events(self, op: str, message: Any) -> AsyncIterator[Json]:
        with self._in_use():
            async for event in self._engine.stream(op, message):
                if "timings" in event:
                    self._last_timings = Timings(**event["timings"])
                    self._totals.add(self._last_timings, event["finish_reason"])
                yield event

    @contextlib.contextmanager
    def _in_use(self) -> Generator[None]:
        self._num_open += 1
        try:
            yield
        finally:
            self._num_open -= 1
            self._last_use_s = time.monotonic()

    def _answered(self, handler: Handler) -> Handler:
        """Turn errors a user can act on into their two lines; a client that left gets nothing."""

        async def handle(request: Request) -> Response:
            try:
                check_head(request)
                return await handler(request)
            except DisconnectedError:
                return Response(status_code=499)
            except CairnError as error:
                return JSONResponse(error_body(error), status_code=status_of(error))

        return handle

    def _used(self, handler: Handler) -> Handler:
        """A request that keeps the daemon from idling."""

        async def handle(request: Request) -> Response:
            with self._in_use():
                return await handler(request)

        return handle


async def server_sent(form: openai_api.Form, first: Json, events: AsyncIterator[Json]) -> AsyncIterator[str]:
    """Events as OpenAI's chunks; an error in the middle is a last chunk of its own."""
    try:
        last = first
        yield chunk(form.piece(first))
        async for last in events:
            yield chunk(form.piece(last))
        for closing in form.closing(last):
            yield chunk(closing)
    except CairnError as error:
        yield chunk(error_body(error))
    yield "data: [DONE]\n\n"


def chunk(data: Json) -> str:
    """One server-sent event."""
    return f"data: {json.dumps(data)}\n\n"


def error_body(error: CairnError) -> Json:
    """An error as OpenAI's clients read it, with our hint beside it."""
    kind = "invalid_request_error" if status_of(error) < 500 else "server_error"
    return {"error": {"message": str(error), "hint": error.hint, "type": kind, "param": None, "code": None}}


def status_of(error: CairnError) -> int:
    """The HTTP status: whose fault it is."""
    if isinstance(error, RefusedError):
        return error.status
    return 400 if isinstance(error, InputError) else 503


def build_app(engine: EngineProcess, *, idle_limit_s: float, on_idle: Callable[[], None]) -> Starlette:
    """The ASGI application; the engine starts with it and ends with it.

    `on_idle` is called once nobody has wanted anything for `idle_limit_s`.
    """
    daemon = Daemon(engine)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        tasks = [asyncio.create_task(_warm_up(engine)), asyncio.create_task(_watch(daemon, idle_limit_s, on_idle))]
        yield
        for task in tasks:
            task.cancel()
        await engine.close()

    return Starlette(routes=daemon.routes(), lifespan=lifespan)


async def _warm_up(engine: EngineProcess) -> None:
    """Load the model before anybody asks. A model that cannot be loaded is told to whoever asks first."""
    try:
        await engine.start()
    except EngineError as error:
        log.warning("%s", error)


async def _watch(daemon: Daemon, limit_s: float, on_idle: Callable[[], None]) -> None:
    while (rest_s := limit_s - daemon.idle_s()) > 0:
        await asyncio.sleep(min(rest_s, LONGEST_SLEEP_S))
    on_idle()
