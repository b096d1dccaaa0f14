"""Servers of the benchmark's own, which end with it: our daemon in an empty home, and llama-server beside it."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2

from assistant.bench.target import OurDaemon, PeerServer
from assistant.errors import DaemonError, InputError

START_TIMEOUT_S = 120.0
POLL_S = 0.05
LIMITS = httpx2.Limits(max_keepalive_connections=0)
"""A connection for each request, at every server: llama-server closes some that it said it would keep."""
TUNED = ("-np", "2", "--no-cache-idle-slots", "-b", "256", "-ub", "128")
"""llama-server as one would set it for an editor and a chat; each of its two slots gets half the context."""
DEFAULT_BATCH_TOKENS = 2048
"""llama-server's `-b`; it fills holes with as many tokens around them, even if the model has no such context."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What every server of one comparison gets."""

    model: Path
    threads: int
    context_tokens: int = 8192
    parking_mb: int = 512
    """Of our daemon, for conversations that the KV cache has no room for."""


@asynccontextmanager
async def our_daemon(setup: Setup) -> AsyncGenerator[OurDaemon]:
    """Start a daemon that knows no settings and no models but ours, and end it.

    Raises:
        DaemonError: It does not answer, or it cannot load the model.
    """
    with tempfile.TemporaryDirectory(prefix="cairn-bench-") as home:
        command = [sys.executable, "-I", "-m", "assistant", "serve"]
        transport = httpx2.AsyncHTTPTransport(uds=str(Path(home, "cairn", "cairn.sock")), limits=LIMITS)
        async with (
            _running(command, Path(home, "log"), environment=_empty_home(Path(home), setup)),
            httpx2.AsyncClient(transport=transport, base_url="http://cairn", timeout=None) as http,
        ):
            await _until_ready(http, "/v1/models", Path(home, "log"))
            yield OurDaemon("cairn", http)


@asynccontextmanager
async def peer_server(program: Path, setup: Setup, name: str, flags: Sequence[str] = ()) -> AsyncGenerator[PeerServer]:
    """Start llama-server on a loopback port, and end it.

    Raises:
        InputError: The program cannot be started.
        DaemonError: It does not answer.
    """
    port = _free_port()
    command = [str(program), "-m", str(setup.model), "--host", "127.0.0.1", "--port", str(port)]
    command += ["-c", str(setup.context_tokens), "-t", str(setup.threads), *flags]
    with tempfile.TemporaryDirectory(prefix="cairn-bench-") as folder:
        log = Path(folder, "log")
        async with (
            _running(command, log, environment=dict(os.environ)),
            httpx2.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", timeout=None, trust_env=False, limits=LIMITS
            ) as http,
        ):
            await _until_ready(http, "/health", log)
            yield PeerServer(name, http)


@asynccontextmanager
async def peer_servers(program: Path, setup: Setup, *, limit_tokens: int) -> AsyncGenerator[tuple[PeerServer, ...]]:
    """Start llama-server twice, tuned and with its default flags; raises as `peer_server`.

    Args:
        program: llama-server.
        setup: What a slot of each gets.
        limit_tokens: The longest request that the model can hold.
    """
    fitting = () if limit_tokens > DEFAULT_BATCH_TOKENS else ("-b", str(limit_tokens // 2))
    two_slots = replace(setup, context_tokens=2 * setup.context_tokens)
    async with (
        peer_server(program, two_slots, "llama-server tuned", TUNED) as tuned,
        peer_server(program, setup, "llama-server default", fitting) as default,
    ):
        yield tuned, default


def _empty_home(home: Path, setup: Setup) -> dict[str, str]:
    places = {f"XDG_{name}_HOME": str(home) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    settings = {
        "MODEL": setup.model.absolute(),
        "THREADS": setup.threads,
        "CONTEXT_TOKENS": setup.context_tokens,
        "PARKING_MB": setup.parking_mb,
        "IDLE_MINUTES": 0,
    }
    ours = {f"CAIRN_{name}": str(value) for name, value in settings.items()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN_")}
    return kept | places | ours | {"HOME": str(home), "XDG_RUNTIME_DIR": str(home)}


@asynccontextmanager
async def _running(command: list[str], log: Path, *, environment: dict[str, str]) -> AsyncGenerator[None]:
    with log.open("wb") as file:
        try:
            process = subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment
            )
        except OSError as error:
            raise InputError(f"cannot start {command[0]}: {error.strerror}", hint="give the program's path") from error
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(process.wait, 10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _until_ready(http: httpx2.AsyncClient, path: str, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    reason = "it never listened"
    while time.monotonic() < deadline:
        try:
            answer = await http.get(path)
            if answer.is_success:
                return
            reason = answer.text
        except httpx2.TransportError:
            pass
        await asyncio.sleep(POLL_S)
    tail = " | ".join(log.read_text("utf-8", "replace").splitlines()[-2:])
    raise DaemonError(f"the server did not get ready: {reason} {tail}", hint="start it by hand to see why")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
