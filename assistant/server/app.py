"""The daemon's HTTP: OpenAI's endpoints, llama-server's, and a status. Bodies in, engine events out."""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncGenerator, Callable

import psutil
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from assistant import __version__
from assistant.errors import CairnError, EngineError
from assistant.protocol import PROTOCOL_VERSION, Json, Slot, Status, encode
from assistant.runtime.process import EngineProcess
from assistant.server import metrics
from assistant.server.bodies import DisconnectedError, until_disconnect
from assistant.server.engines import Engines
from assistant.server.guard import Guard
from assistant.server.llama_routes import LlamaRoutes
from assistant.server.openai_routes import OpenAIRoutes
from assistant.server.refusals import refusal
from assistant.server.work import Handler, Work

log = logging.getLogger("cairn")

MEASURED = ("num_cells", "num_used_cells", "parked_bytes", "engine_step_us", "engine_decode_us")
"""Fields of the status that are the engine's to fill."""
LONGEST_SLEEP_S = 3600.0


class Daemon:
    """The endpoints over the engines."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._engine = engines.completion
        self._work = Work(engines)

    def routes(self) -> list[Route]:
        """Every path the daemon answers."""
        table = [
            ("GET", "/health", self.health),
            ("GET", "/status", self.status),
            *OpenAIRoutes(self._work).table(),
            *LlamaRoutes(self._work).table(),
        ]
        routes = [Route(path, _answered(self._used(handler)), methods=[method]) for method, path, handler in table]
        return [*routes, Route("/metrics", _answered(self.metrics), methods=["GET"])]

    def idle_s(self) -> float:
        """Seconds since anybody wanted anything; 0 while somebody does."""
        return self._work.idle_s()

    async def close(self) -> None:
        """End what goes on in the background, and the engines."""
        await self._work.holes.close()
        await self._engines.close()

    async def health(self, _request: Request) -> Response:
        """Alive, and which protocol."""
        return JSONResponse({"status": "ok", "version": __version__, "protocol": PROTOCOL_VERSION, "pid": os.getpid()})

    async def status(self, request: Request) -> Response:
        """Model, slots, memory, speed."""
        state = await until_disconnect(request, self._engine.slots())
        ready = self._engine.ready
        measured = {name: state[name] for name in MEASURED if name in state}  # an engine that sleeps says little
        pids = [os.getpid(), *(engine.pid for engine in self._engines.running())]
        chat = self._engines.chat
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
            engine_state=self._engine.state,
            last_timings=self._work.last_timings,
            can_chat=await self._engines.can_chat(),
            chat_model=chat.ready.get("model", chat.model.stem) if chat is not self._engine else "",
            chat_context_tokens=chat.ready.get("context_tokens", 0) if chat is not self._engine else 0,
            chat_file_type=chat.ready.get("file_type", "") if chat is not self._engine else "",
            file_type=ready["file_type"],
            **measured,
        )
        return JSONResponse(encode(status))

    async def metrics(self, request: Request) -> Response:
        """Counters for Prometheus. Being watched is not being used: it neither loads a model nor keeps one loaded."""
        state: Json = {"slots": [], "num_queued": 0}
        if self._engine.pid is not None:
            state = await until_disconnect(request, self._engine.slots())
        num_busy = sum(slot["is_busy"] for slot in state["slots"])
        text = metrics.prometheus(self._work.totals, num_busy=num_busy, num_queued=state["num_queued"])
        return Response(text, media_type=metrics.CONTENT_TYPE)

    def _used(self, handler: Handler) -> Handler:
        """A request that keeps the daemon from idling."""

        async def handle(request: Request) -> Response:
            with self._work.in_use():
                return await handler(request)

        return handle


def _answered(handler: Handler) -> Handler:
    """Turn errors a user can act on into their two lines; a client that left gets nothing."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except DisconnectedError:
            return Response(status_code=499)
        except CairnError as error:
            return refusal(error)

    return handle


def build_app(engines: Engines, *, idle_limit_s: float, on_idle: Callable[[], None], token: str = "") -> Starlette:
    """The ASGI application; the engines end with it, and that for completions starts with it.

    Args:
        engines: What answers.
        idle_limit_s: `on_idle` is called once nobody has wanted anything for so long.
        on_idle: See there.
        token: What a request over a port must bear; without one none is answered there.
    """
    daemon = Daemon(engines)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        tasks = [
            asyncio.create_task(_warm_up(engines.completion)),
            asyncio.create_task(_watch(daemon, idle_limit_s, on_idle)),
        ]
        yield
        for task in tasks:
            task.cancel()
        await daemon.close()

    return Starlette(routes=daemon.routes(), lifespan=lifespan, middleware=[Middleware(Guard, token=token)])


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
