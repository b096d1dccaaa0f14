"""A model's header before the model: what it can do and needs, from its first megabytes."""

import tempfile
from contextlib import closing
from functools import partial
from pathlib import Path

from assistant.errors import ModelFileError
from assistant.hub.web import PassingError, Web
from assistant.models import parts
from assistant.models.gguf import MAX_HEADER_BYTES, GgufFile, read_open_gguf
from assistant.models.parts import Ticket

FIRST_BYTES = 1 << 20


def peek(web: Web, ticket: Ticket) -> GgufFile:
    """Read the header of a file that is still on the hub; at most 64 MB are asked for.

    The strict reader gets a file of the full size in which all but the beginning is a hole, so it judges it as it will
    judge the whole one.

    Raises:
        HubError: The hub refuses or cannot be reached.
        ModelFileError: It is no GGUF, or its header contradicts itself or the size.
    """
    parts.folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=parts.folder()) as file:
        file.truncate(ticket.num_bytes)
        num_bytes, most = 0, min(MAX_HEADER_BYTES, ticket.num_bytes)
        while True:
            num_bytes = min(8 * num_bytes or FIRST_BYTES, most)
            first = web.trying(partial(_first_bytes, web, ticket, num_bytes))
            file.seek(0)
            file.write(first)
            file.seek(0)
            try:
                return read_open_gguf(file, Path(ticket.file))
            except ModelFileError:
                if num_bytes >= most:
                    raise


def _first_bytes(web: Web, ticket: Ticket, num_bytes: int) -> bytes:
    with web.open(ticket.url, {"Range": f"bytes=0-{num_bytes - 1}"}) as answer:
        found = bytearray()
        with closing(answer.pieces()) as pieces:
            for piece in pieces:
                found += piece
                if len(found) >= num_bytes:  # a server without ranges would send it all
                    break
    if len(found) < num_bytes:
        raise PassingError("the answer ended early")
    return bytes(found[:num_bytes])
