"""One editor's messages, from the first until it leaves, whatever they travel on."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import cast

from lsp.rpc import Protocol
from lsp.server import CompletionServer
from lsp.transports.framing import read_body

MAX_UNREAD_BYTES = 1 << 20
"""An editor that leaves so much of its answers unread is not read from either."""


async def serve_stream(server: CompletionServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one editor over a byte stream until it leaves. The writer is left open.

    Raises:
        FramingError: What comes is not the protocol.
    """
    writer.transport.set_write_buffer_limits(high=MAX_UNREAD_BYTES)
    server.protocol.set_writer(writer)  # pyright: ignore[reportArgumentType] # pygls does so, too
    with contextlib.suppress(ConnectionError):
        await converse(server, lambda: read_body(reader), writer.drain)


async def converse(
    server: CompletionServer, receive: Callable[[], Awaitable[bytes | None]], drain: Callable[[], Awaitable[None]]
) -> None:
    """Hand messages over until the editor says `exit` or `receive` has none; then close the server.

    Args:
        server: This editor's own.
        receive: Waits for a message's body; None at the end.
        drain: Waits while the editor does not read its answers.
    """
    protocol = cast(Protocol, server.protocol)
    try:
        while not protocol.has_left and (body := await receive()) is not None:
            protocol.receive(body)
            await drain()
    finally:
        await server.aclose()
