"""An ASGI application behind real sockets, in a thread of its own."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import uvicorn


@contextlib.contextmanager
def serving(config: uvicorn.Config, listeners: list[socket.socket]) -> Iterator[None]:
    """Serve until the block ends; the server must end, too."""
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=listeners)))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        return free.getsockname()[1]
