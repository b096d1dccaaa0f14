"""The usual way: an editor starts the server and speaks with it over pipes."""

import asyncio
import contextlib
import gc
import os
import stat
import threading
from collections.abc import Callable
from typing import cast

from assistant.errors import CairnError
from lsp.rpc import Protocol
from lsp.server import CompletionServer
from lsp.transports.conversation import serve_stream

LEAVE_S = 2.0
"""What still runs this long after the editor has left is not waited for."""


class NoPipeError(CairnError):
    """Nobody is there to speak with."""


def serve_stdio(server: CompletionServer) -> int:
    """Serve the editor that started this process until it leaves, or dies, or closes either pipe.

    Returns:
        The exit code that the protocol asks for.

    Raises:
        FramingError: What comes on stdin is not the protocol.
        NoPipeError: stdin or stdout is a file.
    """
    gc.freeze()  # what is imported stays; looking through it again and again takes as long as a key
    gc.enable()
    asyncio.run(_serve(server))
    return server.exit_code


async def _serve(server: CompletionServer) -> None:
    reader, writer = await _open_stdio()
    serving = asyncio.create_task(serve_stream(server, reader, writer))
    closed = asyncio.create_task(_closed(writer))
    ended = asyncio.Event()
    cast(Protocol, server.protocol).on_editor = lambda process_id: _watch(process_id, ended.set)
    await asyncio.wait({serving, closed, asyncio.create_task(ended.wait())}, return_when=asyncio.FIRST_COMPLETED)
    last_call = threading.Timer(LEAVE_S, lambda: os._exit(server.exit_code))
    last_call.daemon = True
    last_call.start()
    serving.cancel()
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await serving
    finally:
        writer.close()  # once the last answer is out
        await closed


async def _open_stdio() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Take stdin and stdout away from everybody else: a stray print or a child that reads would break the protocol."""
    if not all(_is_pipe(descriptor) for descriptor in (0, 1)):
        raise NoPipeError("stdin or stdout is no pipe", hint="an editor starts this command, and speaks with it")
    stdin, stdout = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb", 0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    if not os.isatty(2):
        os.set_blocking(2, False)  # rather lose a line than wait for an editor that does not read them
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), stdin)
    transport, protocol = await loop.connect_write_pipe(  # a reader's protocol: one knows when its connection is lost
        lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), stdout
    )
    return reader, asyncio.StreamWriter(transport, protocol, None, loop)


def _is_pipe(descriptor: int) -> bool:
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor)


async def _closed(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


def _watch(process_id: int, on_end: Callable[[], None]) -> None:
    """Hear of the end of the editor's process. Outside of our container it cannot be seen; stdin's has to do."""
    with contextlib.suppress(ProcessLookupError):
        asyncio.get_running_loop().add_reader(os.pidfd_open(process_id), on_end)
