"""An OpenAI-compatible server: vLLM, llama-server, a service, or our daemon over its socket.

What it answers is a stranger's: bounded in bytes and in time, never followed elsewhere, read field by field.
"""

import asyncio
from typing import NoReturn, Self

import httpx2

from assistant.errors import ConfigError, DaemonError, EngineError
from assistant.paths import socket_path
from assistant.remote.wire import base_of
from training.asking import wire
from training.asking.model import Draw, Prompt, RefusedError, Reply
from training.asking.patience import FailedTryError, Manners, Pace

MAX_ANSWER_BYTES = 8 << 20
MAX_WAIT_ASKED_S = 600.0
MAY_PASS = (408, 409, 425, 429, 500, 502, 503, 504)
"""Statuses after which the same request may be answered."""
UNKNOWN_KEY = (401, 403)
KNOWS_NO_FIELD = (400, 422, 501)


class Endpoint:
    """A server that is asked by HTTP.

    Args:
        http: Where it is; follows no redirects and uses nothing of the environment.
        kind: How its answers are filed: kind/model.
        model: Which of its models; empty for the first that it lists.
        manners: How many requests, how often, how long.
        with_logprobs: Ask for them; a server that knows no such field is not asked twice.
    """

    def __init__(
        self,
        http: httpx2.AsyncClient,
        kind: str,
        model: str = "",
        manners: Manners = Manners(),  # noqa: B008 (frozen)
        *,
        with_logprobs: bool = True,
    ) -> None:
        self.width = manners.width
        self._http = http
        self._kind = kind
        self._model = model
        self._slots = asyncio.Semaphore(manners.width)
        self._pace = Pace(manners.per_s)
        self._patience = manners.patience
        self._with_logprobs = with_logprobs

    @property
    def name(self) -> str:
        """Kind and model."""
        return f"{self._kind}/{self._model}"

    async def __aenter__(self) -> Self:
        """Ask for the model's name, unless it is known. Raises `CairnError`."""
        try:
            self._model = self._model or await self._first_model()
        except BaseException:
            await self._http.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def ask(self, prompt: Prompt, draw: Draw) -> Reply:
        """Draw one answer; a try that fails is tried again. Raises as `Model.ask`."""
        async with self._slots:
            return await self._patience.keep_asking(lambda: self._try(prompt, draw))

    async def _first_model(self) -> str:
        status, body = await self._patience.keep_asking(lambda: self._send("GET", "/v1/models"))
        if status in UNKNOWN_KEY:
            self._refuse(status, body)
        if status != 200 or not (name := wire.first_model(body)):
            raise EngineError(f"{self._http.base_url} lists no model", hint="name one: URL#MODEL")
        return name

    async def _try(self, prompt: Prompt, draw: Draw) -> Reply:
        path, fields = wire.request_of(prompt, draw, self._model, with_logprobs=self._with_logprobs)
        status, body = await self._send("POST", path, fields)
        if status in KNOWS_NO_FIELD and "logprobs" in fields and b"logprobs" in body:
            self._with_logprobs = False
            return await self._try(prompt, draw)
        if status != 200:
            self._refuse(status, body)
        try:
            return wire.reply_of(body, draw.stops)
        except wire.MalformedError as error:
            raise FailedTryError(str(error)) from None

    async def _send(self, method: str, path: str, fields: wire.Json | None = None) -> tuple[int, bytes]:
        """Status and body of one request. Raises `FailedTryError` or, for a body without end, `RefusedError`."""
        await self._pace.wait()
        try:
            async with (
                asyncio.timeout(self._patience.answer_s),
                self._http.stream(method, path, json=fields) as response,
            ):
                body = bytearray()
                async for part in response.aiter_raw():  # a body that was packed could unpack to anything
                    body += part
                    if len(body) > MAX_ANSWER_BYTES:
                        raise RefusedError("an answer without end", hint="ask for fewer tokens, or elsewhere")
        except TimeoutError:
            raise FailedTryError(f"no answer in {self._patience.answer_s:g} s") from None
        except httpx2.TransportError as error:
            raise FailedTryError(f"{self._http.base_url} cannot be reached ({type(error).__name__})") from None
        if response.status_code in MAY_PASS:
            reason = wire.reason_of(bytes(body)) or "it does not say why"
            raise FailedTryError(f"status {response.status_code}: {reason}", after_s=_seconds(response.headers))
        return response.status_code, bytes(body)

    def _refuse(self, status: int, body: bytes) -> NoReturn:
        if status in UNKNOWN_KEY:
            raise EngineError(
                f"{self._http.base_url} does not know the key (status {status})", hint="set CAIRN_ENDPOINT_KEY"
            )
        reason = wire.reason_of(body) or "it does not say why"
        raise RefusedError(f"status {status}: {reason}", hint="the server's own log may tell more")


def endpoint_at(url: str, manners: Manners, *, key: str = "") -> Endpoint:
    """The server at URL or URL#MODEL.

    Raises:
        ConfigError: That is no address.
    """
    address, _, model = url.partition("#")
    headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {key}"} if key else {})
    http = httpx2.AsyncClient(base_url=base_of(address), headers=headers, timeout=None, trust_env=False)
    return Endpoint(http, "endpoint", model, manners)


def daemon(manners: Manners) -> Endpoint:
    """Our own daemon. It gives no log-probabilities, and is not started: only its user knows with which model.

    Raises:
        DaemonError: It does not run.
    """
    path = socket_path()
    if not path.is_socket():
        raise DaemonError("the daemon does not run", hint="start it in another terminal: `cairn serve`")
    transport = httpx2.AsyncHTTPTransport(uds=str(path))
    http = httpx2.AsyncClient(transport=transport, base_url="http://cairn", timeout=None, trust_env=False)
    return Endpoint(http, "daemon", "", manners, with_logprobs=False)


def origin_of(url: str) -> str:
    """Where a key would go. Raises as `endpoint_at`."""
    if not url.startswith(("http://", "https://")):
        raise ConfigError(f"not an address: {url}", hint="for example http://gpu-box:8000/v1#MODEL")
    return base_of(url.partition("#")[0])


def _seconds(headers: httpx2.Headers) -> float:
    """What `Retry-After` asks, where it is a number; a date is as if it were not there."""
    said = headers.get("retry-after", "")
    return min(float(said), MAX_WAIT_ASKED_S) if said.isdecimal() and len(said) < 10 else 0.0
