"""The client of an OpenAI-compatible server: the same interface as the daemon's, nothing started, nothing kept.

Source: OpenAI's API reference; tools/server/README.md of llama.cpp for `/infill`, where `suffix` is refused.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from typing import Any, NoReturn, Self, cast

import httpx2

from assistant import __version__
from assistant.errors import CairnError, DaemonError, EngineError
from assistant.protocol import (
    PROTOCOL_VERSION,
    ChatDelta,
    ChatRequest,
    Completion,
    FimRequest,
    FinishReason,
    Json,
    Status,
    first_line,
)
from assistant.remote import wire

KEY_VARIABLE = "CAIRN_ENDPOINT_KEY"
"""A secret: in the environment and no setting, so that nothing prints it."""
TIMEOUT = httpx2.Timeout(120.0, connect=5.0)
MAX_ANSWER_CHARS = 8 << 20
REFUSES_SUFFIX = (400, 404, 422, 500, 501)
"""With these, and by the name of the field, servers say that they do not know `suffix`: vLLM 400, llama-server 500."""
HAS_NO_INFILL = (404, 405, 501)
BACK = "without `endpoint` in the settings the model of this machine answers"


class CannotFillError(EngineError):
    """The server has no such way to fill a hole."""


class Endpoint:
    """An OpenAI-compatible server.

    Args:
        url: As other tools want it: with or without `/v1` at its end.
        model: Which of its models; empty for the first that it lists.
        key: What it wants as a bearer token; empty for nothing.

    Raises:
        ConfigError: `url` cannot be one.
    """

    def __init__(self, url: str, *, model: str = "", key: str = "") -> None:
        self._url = wire.base_of(url)
        self._model = model
        self._ways = ["/v1/completions", "/infill"]
        """To fill a hole, as far as they were not refused."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        # what is sent goes where the setting says: through no proxy of the environment, to where no redirect points
        self._http = httpx2.AsyncClient(base_url=self._url, headers=headers, timeout=TIMEOUT, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def complete(self, request: FimRequest) -> Completion:
        """Fill one hole. Cancelling the task closes the connection. Raises `CairnError`."""
        if request.warm_up:  # there is no asking a stranger for that
            return Completion(text="", finish_reason="stop", timings=wire.Meter().timings())
        if request.order:
            raise EngineError(f"{self._url} lays out its prompts itself", hint=f"ask for no order; {BACK}")
        while self._ways:
            way = self._ways[0]
            is_infill = way == "/infill"
            body = wire.infill_body(request) if is_infill else wire.completion_body(request, await self._model_name())
            try:
                return await self._fill(way, body, request)
            except CannotFillError:
                self._ways.remove(way)
        raise EngineError(f"{self._url} cannot fill holes", hint=f"choose another endpoint; {BACK}")

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatDelta, None]:
        """Stream the next turn. Closing the iterator closes the connection. Raises `CairnError`."""
        body = wire.chat_body(request, await self._model_name())
        meter = wire.Meter()
        reason: FinishReason = "stop"
        end_s = asyncio.get_running_loop().time() + request.deadline_ms / 1e3 if request.deadline_ms else None
        async with contextlib.aclosing(self._chunks("/v1/chat/completions", body)) as chunks:
            while True:
                try:
                    async with asyncio.timeout_at(end_s):
                        chunk = await anext(chunks, None)
                except TimeoutError:
                    reason = "deadline"
                    break
                if chunk is None:
                    break
                text, said = wire.chat_piece(chunk)
                reason = said or reason
                meter.take(text, chunk)
                if text:
                    yield ChatDelta(text=text)
        yield ChatDelta(text="", finish_reason=reason, timings=meter.timings())

    async def status(self) -> Status:
        """What is at the other end, as far as it says. Raises `CairnError`."""
        models = await self._models()
        name = self._model or next(iter(models))
        return Status(
            version=__version__,
            protocol=PROTOCOL_VERSION,
            pid=0,
            model=name,
            model_path=self._url,
            context_tokens=wire.context_tokens(models.get(name, {})),
            num_queued=0,
            slots=(),
            memory_bytes=0,
            can_chat=True,
        )

    async def aclose(self) -> None:
        """Close the connection; requests in flight are cancelled."""
        await self._http.aclose()

    async def _fill(self, way: str, body: Json, request: FimRequest) -> Completion:
        meter = wire.Meter()
        stops = wire.stops_of(request)
        text = ""
        reason: FinishReason = "stop"
        limit_ms = request.early_ms or request.deadline_ms
        try:
            async with asyncio.timeout(limit_ms / 1e3 if limit_ms else None), self._opened(way, body) as chunks:
                async for chunk in chunks:
                    piece, said = wire.hole_piece(chunk)
                    reason = said or reason
                    meter.take(piece, chunk)
                    text += piece
                    if (cut := wire.cut_at(text, stops)) is not None:
                        return Completion(text=cut, finish_reason="stop", timings=meter.timings())
                    if request.early_ms and (line := first_line(text)) is not None:
                        return Completion(text=line, finish_reason="early", timings=meter.timings())
        except TimeoutError:
            reason = "early" if request.early_ms else "deadline"
        return Completion(text=text, finish_reason=reason, timings=meter.timings())

    def _opened(self, path: str, body: Json) -> "contextlib.aclosing[AsyncGenerator[Json, None]]":
        return contextlib.aclosing(self._chunks(path, body))

    async def _chunks(self, path: str, body: Json) -> AsyncGenerator[Json, None]:
        """The server-sent events of an answer."""
        async with self._answer("POST", path, body) as response:
            if "event-stream" not in response.headers.get("content-type", ""):
                raise self._stranger()
            num_chars = 0
            async for line in response.aiter_lines():
                num_chars += len(line)
                data = line.removeprefix("data:").strip()
                if num_chars > MAX_ANSWER_CHARS:
                    raise EngineError(f"{self._url} does not come to an end", hint="ask for less, or elsewhere")
                if data == "[DONE]":
                    return
                if line.startswith("data:"):
                    yield self._object(data)

    @contextlib.asynccontextmanager
    async def _answer(self, method: str, path: str, body: Json | None = None) -> AsyncGenerator[httpx2.Response]:
        """An answer whose body is still to be read; a refusal is raised."""
        try:
            async with self._http.stream(method, path, json=body) as response:
                if response.is_error:
                    await response.aread()
                    self._refuse(response, path)
                yield response
        except httpx2.TransportError as error:
            raise DaemonError(
                f"{self._url} cannot be reached ({type(error).__name__})", hint=f"is it running? {BACK}"
            ) from error

    def _refuse(self, response: httpx2.Response, path: str) -> NoReturn:
        status, text = response.status_code, response.text
        if path == "/v1/completions" and status in REFUSES_SUFFIX and "suffix" in text.lower():
            raise CannotFillError("no suffix", hint=BACK)
        if path == "/infill" and status in HAS_NO_INFILL:
            raise CannotFillError("no infill", hint=BACK)
        if status in (401, 403):
            raise EngineError(
                f"{self._url} does not know the key (status {status})", hint=f"set {KEY_VARIABLE} in the environment"
            )
        reason = wire.reason_of(_decoded(text), f"status {status}")
        raise EngineError(f"{self._url} refused: {reason}", hint=f"its own log may tell more; {BACK}")

    def _object(self, data: str) -> Json:
        answer = _decoded(data)
        if not isinstance(answer, dict):
            raise self._stranger()
        fields = cast(Json, answer)
        if fields.get("error"):
            raise EngineError(f"{self._url} failed: {wire.reason_of(fields, 'it does not say why')}", hint="try again")
        return fields

    def _stranger(self) -> CairnError:
        return EngineError(f"{self._url} does not speak OpenAI's API", hint=f"check `endpoint` in the settings; {BACK}")

    async def _model_name(self) -> str:
        """The model that is asked for. Where the settings name none it is asked for once."""
        self._model = self._model or next(iter(await self._models()))
        return self._model

    async def _models(self) -> dict[str, Json]:
        async with self._answer("GET", "/v1/models") as response:
            await response.aread()
            models = wire.model_names(self._object(response.text))
        if not models:
            raise EngineError(f"{self._url} lists no model", hint="set `endpoint_model`")
        return models


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
