r"""How messages lie on a byte stream: header lines that end with "\r\n", an empty line, the body.

Read strictly. A reader that has lost its place waits for ever; and every page in a browser can send headers and a body
to a port of this machine, but not without a first line of HTTP, and there such a stream ends.

Source: the base protocol of LSP 3.18.
"""

import asyncio
import re

from assistant.errors import CairnError

MAX_BODY_BYTES = 1 << 29
"""Far above any source file, far below what fills a machine."""

_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*\r\n")
_LENGTH = re.compile(rb"[0-9]{1,15}")


class FramingError(CairnError):
    """What comes from the editor is not the protocol; nothing after it can be trusted."""

    def __init__(self, message: str) -> None:
        super().__init__(message, hint="this speaks the Language Server Protocol; let an editor start it")


async def read_body(stream: asyncio.StreamReader) -> bytes | None:
    """Read the next message's body; None at the end of the stream, be it within a message.

    Raises:
        FramingError: The headers are wrong, or promise too much.
    """
    length = -1
    while (line := await _read_line(stream)) != b"\r\n":
        if not line.endswith(b"\n"):
            return None
        header = _HEADER.fullmatch(line)
        if header is None:
            raise FramingError("a header line of a message is malformed")
        if header[1].lower() == b"content-length":
            length = _length(header[2])
    if length < 0:
        raise FramingError("a message has no Content-Length")
    try:
        return await stream.readexactly(length)
    except asyncio.IncompleteReadError:
        return None


async def _read_line(stream: asyncio.StreamReader) -> bytes:
    try:
        return await stream.readline()
    except ValueError as error:  # as long as the stream's buffer
        raise FramingError("a header line of a message is too long") from error


def _length(value: bytes) -> int:
    if _LENGTH.fullmatch(value) is None:
        raise FramingError("the Content-Length of a message is not a number")
    if int(value) > MAX_BODY_BYTES:
        raise FramingError(f"a message announces {int(value)} bytes")
    return int(value)
