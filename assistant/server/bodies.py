"""What uvicorn and starlette leave to us: bounded heads and bodies, and clients that leave."""

import asyncio
import json
from collections.abc import Awaitable
from typing import TypeVar, cast

from starlette.requests import ClientDisconnect, Request

from assistant.errors import InputError
from assistant.protocol import Json

MAX_HEADER_BYTES = 16 << 10
MAX_BODY_BYTES = 8 << 20
BODY_DEADLINE_S = 30.0
T = TypeVar("T")


class DisconnectedError(Exception):
    """The client is gone; nobody waits for an answer."""


class RefusedError(InputError):
    """A request that HTTP has a status of its own for."""

    def __init__(self, message: str, *, hint: str, status: int) -> None:
        super().__init__(message, hint=hint)
        self.status = status


def check_head(request: Request) -> None:
    """Bound the headers. The server below does so only for heads that come in pieces.

    Raises:
        RefusedError: They are too large.
    """
    if sum(len(name) + len(value) for name, value in request.headers.raw) > MAX_HEADER_BYTES:
        raise RefusedError(
            f"the headers are larger than {MAX_HEADER_BYTES >> 10} KB", hint="send fewer headers", status=431
        )


async def read_json(request: Request) -> Json:
    """Read a JSON object of at most `MAX_BODY_BYTES`, within `BODY_DEADLINE_S`.

    Raises:
        InputError: Not JSON, or not an object.
        RefusedError: Not said to be JSON, too large, or too slow.
        DisconnectedError: The client left before the end.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedError(
            "the request does not say that it is JSON", hint='send "Content-Type: application/json"', status=415
        )
    try:
        async with asyncio.timeout(BODY_DEADLINE_S):
            body = await _read(request)
    except TimeoutError:
        raise RefusedError("the request did not come to its end", hint="send it again", status=408) from None
    except ClientDisconnect:
        raise DisconnectedError from None
    return _object(body)


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            raise RefusedError(
                f"the request is larger than {MAX_BODY_BYTES >> 20} MB",
                hint="send less text around the cursor",
                status=413,
            )
    return bytes(body)


def _object(body: bytes) -> Json:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the request is not JSON: {error}", hint="send a JSON object") from error
    if not isinstance(data, dict):
        raise InputError("the request is not a JSON object", hint="send a JSON object")
    return cast(Json, data)


async def until_disconnect(request: Request, work: Awaitable[T]) -> T:
    """Await `work`, but cancel it when the client closes the connection. The body must have been read.

    Raises:
        DisconnectedError: The client left first.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise DisconnectedError
        return task.result()
    finally:
        gone.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait({task})


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
