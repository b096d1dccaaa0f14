"""One daemon per user: lock, socket, server loop."""

import asyncio
import math
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import uvicorn
from filelock import FileLock, Timeout

from assistant import paths
from assistant.config import Settings
from assistant.errors import AlreadyRunningError
from assistant.models.local import find_model
from assistant.runtime.child import Patience
from assistant.runtime.process import EngineProcess
from assistant.server.app import build_app
from assistant.server.logs import log_to_file

MAX_CONNECTIONS = 64


def serve(
    settings: Settings,
    *,
    on_listening: Callable[[], None] = lambda: None,
    is_detached: bool = False,
    patience: Patience = Patience(),  # noqa: B008 (frozen)
) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        settings: What the user has set.
        on_listening: Called once clients can connect.
        is_detached: Whether nobody looks at stderr; everything is in the log file in either case.
        patience: With an engine that is quiet.

    Raises:
        AlreadyRunningError: Another daemon of this user runs already.
        ModelFileError: The model is missing or broken.
    """
    path = paths.socket_path()
    lock = FileLock(path.with_suffix(".lock"), mode=0o600)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise AlreadyRunningError(
            "a daemon is running already", hint="`cairn status` shows it, `cairn stop` ends it"
        ) from None
    with lock:
        log_to_file(with_stderr=not is_detached)
        engine = EngineProcess(
            find_model(settings.model),
            context_tokens=settings.context_tokens,
            threads=settings.threads,
            unload_s=60.0 * settings.unload_minutes or math.inf,
            patience=patience,
        )
        listener = bind(path)
        on_listening()
        try:
            asyncio.run(_run(engine, listener, path, idle_limit_s=60.0 * settings.idle_minutes or math.inf))
        finally:
            listener.close()
            path.unlink(missing_ok=True)


def bind(path: Path) -> socket.socket:
    """Listen at `path`, mode 0600. Whoever holds the lock may replace a socket that a killed daemon left.

    The socket is made under another name and renamed when it listens, so that no client meets it half made.
    """
    for left in path.parent.glob(f"{path.name}.*"):  # by a daemon that was killed at this very point
        left.unlink(missing_ok=True)
    unready = path.with_name(f"{path.name}.{os.getpid()}")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    old_mask = os.umask(0o177)
    try:
        listener.bind(str(unready))
    finally:
        os.umask(old_mask)
    listener.listen(MAX_CONNECTIONS)
    os.rename(unready, path)
    return listener


class _Server(uvicorn.Server):
    """Takes its address away first: a client that comes while it ends waits for the next one, not for this one."""

    def __init__(self, config: uvicorn.Config, path: Path) -> None:
        super().__init__(config)
        self._path = path

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let running requests end, then end."""
        self._path.unlink(missing_ok=True)
        await super().shutdown(sockets)


async def _run(engine: EngineProcess, listener: socket.socket, path: Path, *, idle_limit_s: float) -> None:
    app = build_app(engine, idle_limit_s=idle_limit_s, on_idle=lambda: os.kill(os.getpid(), signal.SIGTERM))
    config = uvicorn.Config(
        app,
        http="h11",
        log_config=None,
        access_log=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=2,
    )
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _ignore)  # uvicorn ends on INT and TERM, then raises them again for who was there before
    await _Server(config, path).serve(sockets=[listener])


def _ignore(_signal: int, _frame: FrameType | None) -> None:
    """Let `serve` clean up behind itself."""
