"""An OpenAI server on loopback that says what a test tells it to: answers, errors, silence, and bodies without end."""

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.serving import serving

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it came."""

    path: str
    body: Json
    headers: dict[str, str]
    num_times: int
    """How often this very body has come, this time included."""

    @property
    def prompt(self) -> str:
        """What the model would read last."""
        return self.body["prompt"] if "prompt" in self.body else self.body["messages"][-1]["content"]


Behaviour = Callable[[Asked], Response | str]
"""What to answer: a whole response, or the text of a good one."""


@dataclass(slots=True)
class ScriptedOpenAI:
    """The server's memory."""

    behave: Behaviour
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    num_at_once: int = 0
    most_at_once: int = 0
    _seen: Counter[str] = field(default_factory=Counter)

    async def answer(self, request: Request) -> Response:
        """Note the request and behave."""
        body = await request.json()
        self._seen[f"{request.url.path} {body}"] += 1
        num_times = self._seen[f"{request.url.path} {body}"]
        asked = Asked(path=request.url.path, body=body, headers=dict(request.headers), num_times=num_times)
        self.asked.append(asked)
        self.num_at_once += 1
        self.most_at_once = max(self.most_at_once, self.num_at_once)
        try:
            await asyncio.sleep(0)
            said = self.behave(asked)
            return JSONResponse(good(request.url.path, said)) if isinstance(said, str) else said
        finally:
            self.num_at_once -= 1


def good(path: str, text: str, *, logprobs: list[float] | None = None, finish_reason: str = "stop") -> Json:
    """An answer as OpenAI's servers write it."""
    if path == "/v1/completions":
        choice: Json = {"text": text, "logprobs": logprobs and {"token_logprobs": logprobs}}
    else:
        spoken = logprobs and {"content": [{"token": "x", "logprob": each} for each in logprobs]}
        choice = {"message": {"role": "assistant", "content": text}, "logprobs": spoken}
    return {"choices": [{"index": 0, "finish_reason": finish_reason} | choice]}


def refusal(status: int, message: str = "no", **headers: str) -> Response:
    """An error as OpenAI's servers write it."""
    return JSONResponse(
        {"error": {"message": message}}, status, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def endless() -> Response:
    """A body that goes on for as long as somebody reads."""

    async def parts() -> AsyncIterator[bytes]:
        while True:
            yield b" " * (1 << 20)
            await asyncio.sleep(0)  # or nobody hears that the reader has gone

    return StreamingResponse(parts(), media_type="application/json")


def silent() -> Response:
    """A body that never begins."""

    async def parts() -> AsyncIterator[bytes]:
        await asyncio.sleep(30)
        yield b""

    return StreamingResponse(parts(), media_type="application/json")


def listed() -> Response:
    """The models as OpenAI's servers list them."""
    return JSONResponse({"data": [{"id": "scripted-7b"}]})


@contextlib.contextmanager
def scripted_openai(
    behave: Behaviour, *, at: Path | None = None, models: Callable[[], Response] = listed
) -> Iterator[ScriptedOpenAI]:
    """Serve until the block ends, on a free port, or at the socket file `at`."""
    script = ScriptedOpenAI(behave)
    routes = [
        Route("/v1/models", lambda _: models()),
        Route("/v1/completions", script.answer, methods=["POST"]),
        Route("/v1/chat/completions", script.answer, methods=["POST"]),
    ]
    if at is None:
        listener = socket.create_server(("127.0.0.1", 0))
        script.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    else:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(at))
    config = uvicorn.Config(Starlette(routes=routes), log_level="error", timeout_graceful_shutdown=1)
    with serving(config, [listener]):
        yield script
