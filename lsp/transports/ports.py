"""A TCP port of this machine for any number of editors of one user.

Whoever speaks to a server can have it read files, so a port answers only to programs of the user who runs it. A page
in a browser is such a program: what it sends begins with a line of HTTP, which ends the connection (see `framing`).
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Generator

from assistant.errors import CairnError
from lsp.server import CompletionServer
from lsp.transports.conversation import serve_stream
from lsp.transports.framing import FramingError
from lsp.transports.peers import is_own_user

HOST = "127.0.0.1"

_log = logging.getLogger(__name__)


class PortError(CairnError):
    """A port cannot be had."""


async def serve_tcp(build: Callable[[], CompletionServer], port: int, on_listening: Callable[[int], None]) -> None:
    """Serve any number of editors on a port, until cancelled.

    Args:
        build: Makes the server object of one editor.
        port: 0 for a free one.
        on_listening: Told the port when it is open.

    Raises:
        PortError: The port cannot be had.
    """

    async def serve_editor(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            if not is_own_user(writer.get_extra_info("peername"), writer.get_extra_info("sockname")):
                return
            try:
                await serve_stream(build(), reader, writer)
            except FramingError as error:
                _log.error("%s", error)

    with port_refusal(port):
        listening = await asyncio.start_server(serve_editor, HOST, port)
    async with listening:
        on_listening(listening.sockets[0].getsockname()[1])
        await listening.serve_forever()


@contextlib.contextmanager
def port_refusal(port: int) -> Generator[None]:
    """Say in two lines that a port is taken, or not ours to take. Raises `PortError`."""
    try:
        yield
    except OSError as error:
        raise PortError(f"port {port} cannot be had: {error.strerror}", hint="name another one") from error
