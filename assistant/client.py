"""The narrow waist: the one interface through which editors and terminals reach the model.

`connect()` gives a `Client` that speaks HTTP over the daemon's Unix socket, and starts the daemon when none runs; or,
where the settings name one, an OpenAI-compatible endpoint.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path
from typing import Any, NoReturn, Protocol, Self

import httpx2
import psutil

from assistant import __version__, config, paths
from assistant.errors import AlreadyRunningError, DaemonError, EngineError
from assistant.protocol import (
    PROTOCOL_VERSION,
    ChatDelta,
    ChatRequest,
    Completion,
    FimRequest,
    Json,
    LaidOut,
    ListedModel,
    RequestClass,
    Status,
    Timings,
    decode,
    encode,
)
from assistant.remote.endpoint import KEY_VARIABLE, Endpoint

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0
POLL_S = 0.02
RETRY_S = 0.1
"""After so long another start, where the lock was that of a daemon that is ending."""
ANSWER_TIMEOUT = httpx2.Timeout(None, connect=5.0)
"""A model may think as long as it likes; connecting to a local socket may not."""


class Assistant(Protocol):
    """What a front end may ask for. `Client` and `Endpoint` are the real ones; tests bring a fake."""

    async def complete(self, request: FimRequest) -> Completion:
        """Fill one hole. Cancelling the task cancels the request in the engine.

        Raises:
            CairnError: The daemon cannot be reached, or refused; `.hint` says what to do.
        """
        ...

    def chat(self, request: ChatRequest) -> AsyncGenerator[ChatDelta, None]:
        """Stream the next turn; the last delta has `finish_reason` and `timings`. Closing it cancels the request."""
        ...

    async def status(self) -> Status:
        """Say what runs, with which model, how fast."""
        ...

    async def aclose(self) -> None:
        """Close the connection."""
        ...


class Client:
    """The daemon over its Unix socket.

    Args:
        socket: Its path.
        start: Whether to start a daemon when none runs, and to replace one that is older than this client.
        on_notice: Takes a line for the user about what was done without being asked for.
    """

    def __init__(
        self, socket: Path, *, start: bool = True, on_notice: Callable[[str], None] = lambda _text: None
    ) -> None:
        self._socket = socket
        self._start = start
        self._on_notice = on_notice
        self._has_met = False
        self._has_replaced = False
        self._starting: asyncio.Task[Json] | None = None
        transport = httpx2.AsyncHTTPTransport(uds=str(socket), verify=False)  # no TLS, and 50 ms for its certificates
        self._http = httpx2.AsyncClient(transport=transport, base_url="http://cairn", timeout=ANSWER_TIMEOUT)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def complete(self, request: FimRequest) -> Completion:
        """Fill one hole. Cancelling the task cancels the request in the engine. Raises `CairnError`."""
        answer = await self._json("POST", "/v1/completions", _hole(request))
        choice = answer["choices"][0]
        return Completion(
            text=choice["text"], finish_reason=choice["finish_reason"], timings=Timings(**answer["timings"])
        )

    async def lay_out(self, request: FimRequest) -> LaidOut:
        """The prompt of a hole as the model would read it; nothing is computed. Raises `CairnError`."""
        return decode(await self._json("POST", "/cairn/prompt", _hole(request)), LaidOut)

    async def lay_out_chat(self, request: ChatRequest) -> LaidOut:
        """A conversation as the model would read it; nothing is computed, nothing cut. Raises `CairnError`."""
        return decode(await self._json("POST", "/cairn/chat-prompt", encode(request)), LaidOut)

    async def num_tokens(self, text: str, role: RequestClass = "completion") -> int:
        """How many tokens a text is to the model that serves a role. Raises `CairnError`."""
        answer = await self._json("POST", "/tokenize", {"content": text, "parse_special": False, "role": role})
        return len(answer["tokens"])

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatDelta, None]:
        """Stream the next turn. Closing the iterator cancels the request in the engine. Raises `CairnError`."""
        response = await self._send("POST", "/v1/chat/completions", encode(request) | {"stream": True})
        try:
            if response.is_error:
                await response.aread()
                _refuse(_body(response))
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    yield _delta(json.loads(line.removeprefix("data: ")))
        except httpx2.TransportError as error:
            raise _lost(error) from error
        finally:
            await response.aclose()

    async def status(self) -> Status:
        """Say what runs, with which model, how fast. Raises `CairnError`."""
        return decode(await self._json("GET", "/status"), Status)

    async def models(self) -> list[ListedModel]:
        """The whole models on the daemon's machine, as `cairn models list` has them. Raises `CairnError`."""
        return [decode(row, ListedModel) for row in (await self._json("GET", "/cairn/models"))["models"]]

    async def load_model(self, name: str, role: RequestClass = "completion") -> None:
        """Let the daemon serve another model from now on; returns when it is loaded. Raises `CairnError`.

        For completions, and for the chat as far as that has none of its own; or for the chat alone.
        """
        await self._json("POST", "/models/load", {"model": name, "role": role})

    async def aclose(self) -> None:
        """Close the connection; requests in flight are cancelled."""
        if self._starting is not None:
            await asyncio.gather(self._starting, return_exceptions=True)
        await self._http.aclose()

    async def _json(self, method: str, path: str, body: Json | None = None) -> Json:
        response = await self._send(method, path, body)
        try:
            await response.aread()
        except httpx2.TransportError as error:
            raise _lost(error) from error
        finally:
            await response.aclose()
        answer = _body(response)
        if response.is_error:
            _refuse(answer)
        return answer

    async def _send(self, method: str, path: str, body: Json | None = None) -> httpx2.Response:
        """Send a request and wait for the head of its answer. A daemon that went away is met again, once."""
        request = self._http.build_request(method, path, json=body)
        if not self._has_met:
            await self._meet_daemon()
        try:
            return await self._http.send(request, stream=True)
        except httpx2.TransportError:
            await self._meet_daemon()
        try:
            return await self._http.send(request, stream=True)
        except httpx2.TransportError as error:
            self._has_met = False
            raise _lost(error) from error

    async def _meet_daemon(self) -> None:
        """Find a daemon that speaks our protocol, starting one if need be, and replacing an older one, once."""
        health = await self.health()
        if health is not None and health["protocol"] < PROTOCOL_VERSION and self._start and not self._has_replaced:
            self._has_replaced = True
            self._on_notice(f"the daemon was version {health['version']}; {__version__} takes its place")
            await end_daemon(health["pid"])
            health = None
        if health is None:
            if not self._start:
                raise DaemonError(
                    "no daemon is running", hint="start one with `cairn serve`, or let any command start it"
                )
            health = await asyncio.shield(self._started())
        if health["protocol"] != PROTOCOL_VERSION:
            _refuse_version(health)
        self._has_met = True

    async def health(self) -> Json | None:
        """Version, protocol and pid of the running daemon; None when none runs. Raises `DaemonError`."""
        paths.check_owner(self._socket)
        try:
            return (await self._http.get("/health", timeout=5.0)).json()
        except httpx2.ConnectError:
            return None
        except httpx2.TransportError as error:
            raise _lost(error) from error

    def _started(self) -> asyncio.Task[Json]:
        """The one start under way: requests that are cancelled meanwhile do not make the next one start another."""
        if self._starting is None or self._starting.done():
            self._starting = asyncio.create_task(self._start_daemon())
        return self._starting

    async def _start_daemon(self) -> Json:
        """Start one and wait until it answers. Of several clients one at a time tries, and the others wait for it."""
        had_died = self._socket.exists()  # one that ends takes its address away
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline_s:
            with _first_in_line(self._socket.with_suffix(".start")) as is_first:
                is_ours = is_first and await _serve_detached()
            if (health := await self.health()) is not None:
                if had_died and is_ours:
                    self._on_notice("the daemon had died; it was started again")
                return health
            await asyncio.sleep(RETRY_S if is_first else POLL_S)
        raise DaemonError(f"the daemon did not answer within {START_TIMEOUT_S:.0f} s", hint=f"see {paths.log_file()}")


def connect(*, start: bool = True, on_notice: Callable[[str], None] = lambda _text: None) -> Client | Endpoint:
    """A client of this user's daemon; with `start`, one is started when none runs. An endpoint in the settings instead.

    `on_notice` as in `Client`.

    Raises:
        ConfigError: The settings cannot be used.
    """
    settings = config.load()
    if settings.endpoint:
        return Endpoint(settings.endpoint, model=settings.endpoint_model, key=os.environ.get(KEY_VARIABLE, ""))
    return Client(paths.socket_path(), start=start, on_notice=on_notice)


async def _serve_detached() -> bool:
    """Start a daemon in the background. False where another one has, or still has, the lock.

    Raises:
        DaemonError: It could not start.
    """
    process = await asyncio.create_subprocess_exec(
        # isolated: neither the working folder nor PYTHONPATH can replace our packages
        *(sys.executable, "-I", "-m", "assistant", "serve", "--detach"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    _, errors = await process.communicate()
    if process.returncode not in (0, AlreadyRunningError.exit_code):
        raise _why(errors.decode("utf-8", "replace"))
    return process.returncode == 0


@contextlib.contextmanager
def _first_in_line(lock: Path) -> Generator[bool]:
    """Whether nobody else holds the lock; it is ours until the block is left."""
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            is_first = False
        else:
            is_first = True
        yield is_first


def _refuse_version(health: Json) -> NoReturn:
    """A daemon that this client may not replace: a newer one, or any where only a look was asked for."""
    is_newer = health["protocol"] > PROTOCOL_VERSION
    raise DaemonError(
        f"the running daemon is version {health['version']} and speaks another protocol than this {__version__}",
        hint="update this one, or restart the editor that runs it"
        if is_newer
        else "run `cairn stop`; the next command starts the new one",
    )


def _why(errors: str) -> DaemonError:
    """A daemon that could not start leaves its two lines on stderr."""
    lines = errors.splitlines()
    message = next(
        (line.removeprefix("error: ") for line in lines if line.startswith("error: ")), "the daemon ended at once"
    )
    hint = next(
        (line.removeprefix("hint: ") for line in lines if line.startswith("hint: ")), "run `cairn serve` to see why"
    )
    return DaemonError(message, hint=hint)


def _hole(request: FimRequest) -> Json:
    """A hole as OpenAI's endpoint names its parts."""
    return {name: value for name, value in encode(request).items() if name != "prefix"} | {"prompt": request.prefix}


def _delta(chunk: Json) -> ChatDelta:
    if "error" in chunk:
        _refuse(chunk)
    choice: dict[str, Any] = chunk["choices"][0]
    timings = Timings(**chunk["timings"]) if "timings" in chunk else None
    return ChatDelta(text=choice["delta"].get("content", ""), finish_reason=choice["finish_reason"], timings=timings)


def _body(response: httpx2.Response) -> Json:
    """The answer's JSON; the HTTP server below ours says in plain words when it has too many connections."""
    if "json" not in response.headers.get("content-type", ""):
        raise EngineError(f"the daemon answered {response.status_code}", hint="it has too much to do; try again")
    return response.json()


def _refuse(answer: Json) -> NoReturn:
    error = answer["error"]
    raise EngineError(error["message"], hint=error.get("hint", "`cairn doctor` tells more"))


def _lost(error: Exception) -> DaemonError:
    return DaemonError(
        f"the daemon went away ({type(error).__name__})", hint="run the command again; it starts a new one"
    )


async def change_model(name: str, role: RequestClass = "completion") -> bool:
    """Let this user's daemon serve another model from now on. False when none runs. Raises `CairnError`."""
    async with Client(paths.socket_path(), start=False) as client:
        if await client.health() is None:
            return False
        await client.load_model(name, role)
        return True


async def stop_daemon() -> bool:
    """End this user's daemon and wait until it is gone. False when none runs.

    Raises:
        DaemonError: It does not end.
    """
    async with Client(paths.socket_path(), start=False) as client:
        health = await client.health()
    if health is None:
        return False
    await end_daemon(health["pid"])
    return True


async def end_daemon(pid: int) -> None:
    """Ask a daemon to end, which lets its running requests finish, and wait until it is gone.

    Raises:
        DaemonError: It does not end.
    """
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline_s = time.monotonic() + STOP_TIMEOUT_S
    while time.monotonic() < deadline_s:
        if not _is_running(pid):
            return
        await asyncio.sleep(POLL_S)
    raise DaemonError(f"the daemon (pid {pid}) does not end", hint=f"kill -9 {pid}")


def _is_running(pid: int) -> bool:
    """Whether it has not ended; one that its starter has not asked about yet has."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
