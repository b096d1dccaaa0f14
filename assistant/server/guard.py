"""What is refused before anything of a request is acted on. The one guard in front of every path.

The Unix socket is its owner's alone, by its mode. A port is open to every process and every web page of the machine: a
page can make a browser send requests there, under a name of its own (DNS rebinding). So a request over a port must name
the port's own host, bear the token, and come from no page. We never answer that another origin may read an answer.
"""

import hmac

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.server.bodies import check_size
from assistant.server.refusals import RefusedError, refusal

MAX_HEADER_BYTES = 16 << 10
MAX_HEADERS = 100


class Guard:
    """ASGI middleware.

    Args:
        app: What is guarded.
        token: What a request over a port must bear; without one none is let through.
    """

    def __init__(self, app: ASGIApp, *, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer that it is refused."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        try:
            self._check(scope)
        except RefusedError as error:
            return await refusal(error)(scope, receive, send)
        return await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        check_head(headers)
        check_page(headers)
        _, port = scope.get("server") or ("", 0)
        if port is not None:  # a Unix socket has none
            check_host(headers, port)
            check_token(headers, self._token)
        check_framing(headers)


def check_head(headers: Headers) -> None:
    """Bound the headers. The server below does so only for heads that come in pieces. Raises `RefusedError`."""
    if len(headers.raw) > MAX_HEADERS or sum(len(name) + len(value) for name, value in headers.raw) > MAX_HEADER_BYTES:
        raise RefusedError(
            f"the headers are larger than {MAX_HEADER_BYTES >> 10} KB, or more than {MAX_HEADERS}",
            hint="send fewer headers",
            status=431,
        )


def check_page(headers: Headers) -> None:
    """No web page may ask: browsers say so when one does. Raises `RefusedError`."""
    if "origin" in headers or headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise RefusedError("web pages may not ask", hint="ask from a program", status=403)


def check_host(headers: Headers, port: int) -> None:
    """The port's own names, exactly, once. Raises `RefusedError`."""
    own = [f"{host}:{port}" for host in ("127.0.0.1", "localhost", "[::1]")]
    hosts = headers.getlist("host")
    if len(hosts) != 1 or hosts[0].lower() not in own:
        raise RefusedError("this host is not served here", hint=f"ask http://{own[0]}", status=421)


def check_token(headers: Headers, token: str) -> None:
    """Who knows the token may read what only its owner can read. Raises `RefusedError`."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    is_known = hmac.compare_digest(given.strip().encode(), token.encode())
    if not token or scheme.lower() != "bearer" or not is_known:
        raise RefusedError(
            "the token is missing or wrong",
            hint='send "Authorization: Bearer TOKEN", with the token from the file that `cairn serve --port` names',
            status=401,
        )


def check_framing(headers: Headers) -> None:
    """One way to say how long the body is, and not too long. Raises `RefusedError`."""
    if "content-length" in headers and "transfer-encoding" in headers:
        raise RefusedError("Content-Length and Transfer-Encoding exclude each other", hint="send one", status=400)
    check_size(int(headers.get("content-length", "0")))  # the server below lets digits only through
