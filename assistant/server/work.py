"""The engine as the endpoints use it: requests in, answers out, and a count of both."""

import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from assistant.errors import CairnError
from assistant.protocol import FimRequest, Json, RequestClass, Timings
from assistant.runtime.child import EngineDiedError
from assistant.runtime.process import EngineProcess
from assistant.server.bodies import until_disconnect
from assistant.server.engines import Engines
from assistant.server.forms import Form
from assistant.server.metrics import Totals
from assistant.server.refusals import error_body
from assistant.server.streams import Holes

Handler = Callable[[Request], Awaitable[Response]]


class Work:
    """The engines' requests, those that go on after their answer included."""

    def __init__(self, engines: Engines) -> None:
        self.engines = engines
        self.totals = Totals()
        self.last_timings: Timings | None = None
        self.holes = Holes(self._engine_events)
        self._num_open = 0
        self._last_use_s = time.monotonic()

    @property
    def engine(self) -> EngineProcess:
        """What answers all but the chat."""
        return self.engines.completion

    def idle_s(self) -> float:
        """Seconds since anybody wanted anything; 0 while somebody does."""
        return 0.0 if self._num_open else time.monotonic() - self._last_use_s

    @contextlib.contextmanager
    def in_use(self) -> Generator[None]:
        """Keeps the daemon from idling."""
        self._num_open += 1
        try:
            yield
        finally:
            self._num_open -= 1
            self._last_use_s = time.monotonic()

    async def ask(self, request: Request, op: str, message: Any = None, *, role: RequestClass = "completion") -> Json:
        """What one event answers, without its id. Raises `CairnError` and `DisconnectedError`.

        Where the op itself does not say for what it is, `role` does.
        """
        engine = self.engines.of(op) if role == "completion" else self.engines.of_role(role)
        answer = await until_disconnect(request, engine.ask(op, message))
        return {name: value for name, value in answer.items() if name != "id"}

    async def answer(self, request: Request, body: Json, op: str, message: Any, form: Form) -> Response:
        """The answer to a request of several events: whole, or streamed where `body` says so."""
        if not body.get("stream"):
            return JSONResponse(form.whole(await until_disconnect(request, self._whole(op, message))))
        events = self._events(op, message)
        first = await until_disconnect(request, anext(events))  # a refusal is still an HTTP error, not half a stream
        return StreamingResponse(server_sent(form, first, events), media_type="text/event-stream")

    async def _whole(self, op: str, message: Any) -> list[Json]:
        """All events. Nobody has heard any yet, so when their engine dies another may say something else."""
        try:
            return [event async for event in self._events(op, message)]
        except EngineDiedError:
            return [event async for event in self._events(op, message)]

    def _events(self, op: str, message: Any) -> AsyncIterator[Json]:
        return self._hole_events(message) if isinstance(message, FimRequest) else self._engine_events(op, message)

    async def _hole_events(self, message: FimRequest) -> AsyncIterator[Json]:
        async with contextlib.aclosing(self.holes.events(message)) as events:
            async for event in events:
                self.totals.num_remembered += event.get("timings", {}).get("is_remembered", False)
                yield event

    async def _engine_events(self, op: str, message: Any) -> AsyncIterator[Json]:
        with self.in_use():
            async for event in self.engines.of(op).stream(op, message):
                if "timings" in event:
                    self.last_timings = Timings(**event["timings"])
                    self.totals.add(self.last_timings, event["finish_reason"])
                yield event


async def server_sent(form: Form, first: Json, events: AsyncIterator[Json]) -> AsyncIterator[str]:
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
