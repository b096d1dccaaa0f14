"""One daemon per user: lock, socket, server loop."""

import asyncio
import math
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType

import uvicorn
from filelock import FileLock, Timeout
from starlette.applications import Starlette

from assistant import paths
from assistant.config import Settings
from assistant.errors import AlreadyRunningError
from assistant.models.local import find_model
from assistant.models.removal import note_use
from assistant.runtime.child import Patience
from assistant.runtime.options import EngineOptions, default_threads
from assistant.runtime.process import EngineProcess
from assistant.server.app import build_app
from assistant.server.connections import MAX_CONNECTIONS, BoundedProtocol
from assistant.server.engines import Engines
from assistant.server.guard import MAX_HEADER_BYTES
from assistant.server.logs import log_to_file
from assistant.server.loopback import bind_port, keep_token

CHAT_NICENESS = 10
"""Of the engine that only chats, beside the one that fills holes: it gets a tenth of a core that both want."""


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
        DaemonError: The port is taken.
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
        engines = make_engines(settings, patience)
        token = keep_token(paths.token_file()) if settings.port else ""
        listeners = bind_port(settings.port) if settings.port else []
        listeners.append(bind(path))
        on_listening()
        try:
            asyncio.run(_run(engines, listeners, path, token, idle_limit_s=60.0 * settings.idle_minutes or math.inf))
        finally:
            for listener in listeners:
                listener.close()
            path.unlink(missing_ok=True)


def make_engines(settings: Settings, patience: Patience) -> Engines:
    """The engine of each role; neither has a process yet. The chat's gives way to keystrokes as a process can: nicely.

    Raises:
        ModelFileError: A model is missing or broken.
    """
    options, unload_s = engine_options(settings), 60.0 * settings.unload_minutes or math.inf
    model = find_model(settings.model)
    chat_model = find_model(settings.chat_model) if settings.chat_model else model
    for name in {settings.model, settings.chat_model}:
        note_use(name)
    return Engines(
        EngineProcess(model, options, unload_s=unload_s, patience=patience),
        EngineProcess(chat_model, chat_options(options), unload_s=unload_s, patience=patience, niceness=CHAT_NICENESS),
        is_apart=bool(settings.chat_model),
    )


def chat_options(options: EngineOptions) -> EngineOptions:
    """What differs for a model that only chats: its conversations lie in a file of their own, and it drafts alone."""
    file = Path(options.parking_file)
    parking_file = str(file.with_stem(f"{file.stem}-chat")) if options.parking_file else ""
    return replace(options, parking_file=parking_file, draft_model="")


def engine_options(settings: Settings) -> EngineOptions:
    """What the engine is to know of the settings."""
    return EngineOptions(
        context_tokens=settings.context_tokens,
        threads=settings.threads or default_threads(),
        window_tokens=settings.window_tokens,
        parking_bytes=settings.parking_mb << 20,
        parking_file=str(paths.parking_file()) if settings.parking_file_mb else "",
        parking_file_bytes=settings.parking_file_mb << 20,
        adapters=str(paths.adapters_dir()),
        draft_model=str(find_model(settings.draft_model)) if settings.draft_model else "",
    )


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


async def _run(
    engines: Engines, listeners: list[socket.socket], path: Path, token: str, *, idle_limit_s: float
) -> None:
    app = build_app(
        engines, idle_limit_s=idle_limit_s, on_idle=lambda: os.kill(os.getpid(), signal.SIGTERM), token=token
    )
    config = server_config(app)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _ignore)  # uvicorn ends on INT and TERM, then raises them again for who was there before
    await _Server(config, path).serve(sockets=listeners)


def server_config(app: Starlette) -> uvicorn.Config:
    """How uvicorn serves the application, with our limits."""
    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=2,
    )


def _ignore(_signal: int, _frame: FrameType | None) -> None:
    """Let `serve` clean up behind itself."""
