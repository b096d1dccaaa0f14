"""`cairn chat --web`: the same chat in a browser of this machine, by textual-serve.

It listens on loopback alone, and everything is below a path that is a secret of this run: other programs and pages of
the machine do not know it. A request must name this very host and port (a page elsewhere can make a browser send
requests here, under a name of its own: DNS rebinding), and where it names the page it comes from, that must be ours.
The page loads nothing from anywhere else.
"""

import asyncio
import secrets
import shlex
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from textual_serve.server import Server

_HOST = "127.0.0.1"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' {ws}; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
_COMMAND = (sys.executable, "-I", "-m", "assistant", "chat")


class _Chat(Server):
    """textual-serve's server with a page of ours, below a secret path."""

    def __init__(self, port: int, token: str) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            shlex.join(_COMMAND),
            host=_HOST,
            port=port,
            title="Cairn",
            public_url=f"http://{_HOST}:{port}",
            templates_path=Path(__file__).parent / "web_page",
        )
        self.address = f"{self.public_url}/{token}/"
        self._token = token

    async def guarded(self) -> web.Application:
        """The application, behind its guard."""
        outer = web.Application(middlewares=[_guard(f"{_HOST}:{self.port}")])
        outer.add_subapp(f"/{self._token}/", await self._make_app())
        return outer

    async def on_startup(self, app: web.Application) -> None:
        """Say nothing: whoever started it does."""


def _guard(host: str) -> Middleware:
    """Refuse what names another host, or comes from another page; give every answer its headers."""
    own = f"http://{host}"
    headers = {name: value.format(ws=f"ws://{host}") for name, value in _HEADERS.items()}

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        is_ours = origin == own or (origin is None and "Upgrade" not in request.headers)
        if request.headers.get("Host") != host or not is_ours:
            raise web.HTTPForbidden
        response = await handler(request)
        if not response.prepared:
            response.headers.update(headers)
        return response

    return guard


async def serve(port: int, on_listening: Callable[[str], None]) -> None:
    """Serve until cancelled.

    Args:
        port: 0 takes a free one.
        on_listening: Takes the address, which is all one needs to chat here, and therefore secret.

    Raises:
        OSError: The port is taken.
    """
    with socket.create_server((_HOST, port)) as listening:
        chat = _Chat(listening.getsockname()[1], secrets.token_urlsafe(32))
        runner = web.AppRunner(await chat.guarded())
        await runner.setup()
        try:
            await web.SockSite(runner, listening).start()
            on_listening(chat.address)
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()
