"""A websocket for any number of editors of one user, one message in a frame.

As `ports`; and a connection that names an Origin is refused, for only pages in browsers do.
"""

import asyncio
import contextlib
from collections.abc import Callable
from http import HTTPStatus

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from lsp.server import CompletionServer
from lsp.transports.conversation import converse
from lsp.transports.framing import MAX_BODY_BYTES
from lsp.transports.peers import is_own_user
from lsp.transports.ports import HOST, port_refusal

MAX_UNREAD_FRAMES = 1000


async def serve_websocket(
    build: Callable[[], CompletionServer], port: int, on_listening: Callable[[int], None]
) -> None:
    """Serve any number of editors, until cancelled. Arguments and errors as of `serve_tcp`."""

    async def serve_editor(connection: ServerConnection) -> None:
        server, frames = build(), _Frames(connection)
        server.protocol.set_writer(frames, include_headers=False)
        sending = asyncio.create_task(frames.send())
        with contextlib.suppress(ConnectionClosed):
            await converse(server, lambda: connection.recv(decode=False), frames.drain)
        sending.cancel()

    with port_refusal(port):
        listening = await serve(
            *(serve_editor, HOST, port),
            origins=[None],
            process_request=_refuse_others,
            max_size=MAX_BODY_BYTES,
            compression=None,
        )
    async with listening:
        on_listening(next(iter(listening.sockets)).getsockname()[1])
        await listening.serve_forever()


def _refuse_others(connection: ServerConnection, _: Request) -> Response | None:
    if is_own_user(connection.remote_address, connection.local_address):
        return None
    return connection.respond(HTTPStatus.FORBIDDEN, "This server is another user's.\n")


class _Frames:
    """Answers on their way out, in order: what pygls writes to."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._waiting = asyncio.Queue[str]()

    def write(self, data: bytes) -> None:
        """Take one message."""
        self._waiting.put_nowait(data.decode())

    def close(self) -> None:
        """Nothing: the connection ends with its handler."""

    async def send(self) -> None:
        """Send what is written, until cancelled or the editor is gone."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self._connection.send(await self._waiting.get())

    async def drain(self) -> None:
        """Wait while an editor does not read its answers."""
        while self._waiting.qsize() > MAX_UNREAD_FRAMES and self._connection.state.name == "OPEN":
            await asyncio.sleep(0.01)
