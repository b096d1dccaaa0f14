"""What uvicorn and starlette leave to us: bounded bodies, and clients that leave."""

import asyncio
import json
from collections.abc import Awaitable
from typing import Any, TypeVar, cast

from starlette.requests import ClientDisconnect, Request

from assistant.errors import InputError
from assistant.protocol import Json
from assistant.server.refusals import RefusedError

MAX_BODY_BYTES = 8 << 20
BODY_DEADLINE_S = 30.0
T = TypeVar("T")


class DisconnectedError(Exception):
    """The client is gone; nobody waits for an answer."""


async def read_object(request: Request) -> Json:
    """Read a JSON object. Raises as `read_json`."""
    data = await read_json(request)
    if not isinstance(data, dict):
        raise InputError("the request is not a JSON object", hint="send a JSON object")
    return cast(Json, data)


async def read_json(request: Request) -> Any:
    """Read JSON of at most `MAX_BODY_BYTES`, within `BODY_DEADLINE_S`.

    Raises:
        InputError: Not JSON.
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
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the request is not JSON: {error}", hint="send a JSON object") from error


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        check_size(len(body))
    return bytes(body)


def check_size(num_bytes: int) -> None:
    """Refuse a body that is too large. Raises `RefusedError`."""
    if num_bytes > MAX_BODY_BYTES:
        raise RefusedError(
            f"the request is larger than {MAX_BODY_BYTES >> 20} MB",
            hint="send less text around the cursor",
            status=413,
        )


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
