"""What uvicorn and starlette leave to us: bounded bodies, and clients that leave."""

import asyncio
import json
from collections.abc import Awaitable
from typing import TypeVar, cast

from starlette.requests import Request

from assistant.errors import InputError
from assistant.protocol import Json

MAX_BODY_BYTES = 8 << 20
T = TypeVar("T")


class DisconnectedError(Exception):
    """The client is gone; nobody waits for an answer."""


async def read_json(request: Request) -> Json:
    """Read a JSON object of at most `MAX_BODY_BYTES`.

    Raises:
        InputError: Too large, not JSON, or not an object.
    """
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            raise InputError(
                f"the request is larger than {MAX_BODY_BYTES >> 20} MB", hint="send less text around the cursor"
            )
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
