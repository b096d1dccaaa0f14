"""Requests to the hub: redirects that are looked at, answers that are bounded, a token that stays with its host."""

import json
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2

from assistant import __version__
from assistant.errors import HubError
from assistant.hub.endpoint import Endpoint, may_ask

MAX_REDIRECTS = 5
MAX_JSON_BYTES = 8 << 20
TIMEOUT = httpx2.Timeout(60.0, connect=10.0)
NUM_TRIES = 6
"""In a row without a byte of news."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
_REDIRECTS = (301, 302, 303, 307, 308)
_PASSING = (408, 425, 429, 500, 502, 503, 504)
_LINKED = ("x-linked-etag", "x-linked-size", "x-repo-commit")
"""What the hub says of a large file before it sends us to where that is stored."""


class PassingError(Exception):
    """Something that may be better in a moment: a connection lost, a server that has too much to do."""

    def __init__(self, message: str, *, wait_s: float = 0.0) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class Answer:
    """The head of an answer, and its body as a stream of raw bytes.

    Attributes:
        status: 200, 206 or 416; others are raised.
        headers: Of the last answer; names in lower case.
        linked: What the hub itself said of the file before its redirects; names in lower case.
    """

    def __init__(self, response: httpx2.Response, linked: dict[str, str]) -> None:
        self.status = response.status_code
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        self.linked = linked
        self._response = response

    def pieces(self, num_bytes: int = 1 << 18) -> Generator[bytes]:
        """The body as it comes. Raises `PassingError` where it breaks off."""
        try:
            yield from self._response.iter_raw(num_bytes)
        except httpx2.TransportError as error:
            raise PassingError(f"the connection broke ({type(error).__name__})") from error


class Web:
    """A connection to one hub and to where it stores its files. Close it with `with`."""

    def __init__(self, hub: Endpoint, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.hub = hub
        self.sleep = sleep
        self._http = httpx2.Client(
            headers={"User-Agent": f"cairn/{__version__}", "Accept-Encoding": "identity"},
            timeout=TIMEOUT,
            trust_env=not hub.is_loopback,  # the proxy of the environment; never one for this machine
            follow_redirects=False,
        )

    def __enter__(self) -> "Web":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def json(self, path: str) -> tuple[Any, str]:
        """What the hub answers at `path`, and where the next page is; empty if there is none.

        Raises:
            HubError: It refuses, cannot be reached, or answers something else than a little JSON.
        """
        url = path if path.startswith(self.hub.url) else f"{self.hub.url}{path}"
        return self.trying(lambda: self._json(url))

    def _json(self, url: str) -> tuple[Any, str]:
        with self.open(url) as answer:
            body = bytearray()
            for piece in answer.pieces():
                body += piece
                if len(body) > MAX_JSON_BYTES:
                    raise HubError(f"the hub answers more than {MAX_JSON_BYTES >> 20} MB of JSON", hint="try later")
            try:
                return json.loads(body), self._next_page(answer.headers.get("link", ""), url)
            except (ValueError, RecursionError) as error:
                raise HubError("the hub's answer is not JSON", hint="is HF_ENDPOINT a hub?") from error

    def _next_page(self, link: str, url: str) -> str:
        address, _, kind = link.partition(">")
        following = urljoin(url, address.strip().removeprefix("<")) if 'rel="next"' in kind else ""
        return following if following.startswith(f"{self.hub.url}/") else ""

    @contextmanager
    def open(self, url: str, headers: dict[str, str] | None = None) -> Generator[Answer]:
        """Ask for `url`, through redirects to where a file is stored; leaving the block closes the connection.

        Raises:
            HubError: The hub refuses, or sends us where nobody should go.
            PassingError: It may go better in a moment.
        """
        linked: dict[str, str] = {}
        for _ in range(MAX_REDIRECTS + 1):
            response = self._send(url, headers or {})
            try:
                if response.status_code not in _REDIRECTS:
                    yield self._checked(response, linked)
                    return
                if _origin(url) == _origin(self.hub.url):
                    linked |= {name: response.headers[name] for name in _LINKED if name in response.headers}
                url = self._next_url(url, response.headers.get("location", ""))
            finally:
                response.close()
        raise HubError(f"the hub sends us around more than {MAX_REDIRECTS} corners", hint="try later")

    def _send(self, url: str, headers: dict[str, str]) -> httpx2.Response:
        is_hub = _origin(url) == _origin(self.hub.url)
        token = {"Authorization": f"Bearer {self.hub.token}"} if self.hub.token and is_hub else {}
        self._http.cookies.clear()
        try:
            return self._http.send(self._http.build_request("GET", url, headers=headers | token), stream=True)
        except httpx2.TransportError as error:
            raise PassingError(f"{urlsplit(url).hostname} cannot be reached ({type(error).__name__})") from error
        except httpx2.HTTPError as error:
            raise HubError(f"{urlsplit(url).hostname} answers nonsense: {error}", hint="try later") from error

    def _next_url(self, url: str, location: str) -> str:
        following = urljoin(url, location)
        if not location or not may_ask(following, is_loopback_allowed=self.hub.is_loopback):
            raise HubError(f"the hub sends us to {following[:200]!r}", hint="only https to public hosts is followed")
        return following

    def _checked(self, response: httpx2.Response, linked: dict[str, str]) -> Answer:
        status, host = response.status_code, response.url.host
        if status in (200, 206, 416):
            if response.headers.get("content-encoding", "identity") != "identity":
                raise HubError(f"{host} packs what was asked for as it is", hint="try later")
            return Answer(response, linked)
        if status in _PASSING:
            after = response.headers.get("retry-after", "")
            raise PassingError(f"{host} answers {status}", wait_s=float(after) if after.isdecimal() else 0.0)
        if status in (401, 403):
            raise HubError(
                f"{host} does not let us in ({status})",
                hint="accept the model's terms on its page, then set HF_TOKEN; a misspelt name is answered so, too",
            )
        if status == 404:
            raise HubError(f"{host} has no such thing", hint="check the name: hf:org/repo, and the file in it")
        raise HubError(f"{host} answers {status}", hint="try later")

    def trying(self, work: Callable[[], Any], *, progress: Callable[[], int] = lambda: 0) -> Any:
        """Do `work`, again after longer and longer pauses while it fails in passing; `progress` that grew starts anew.

        Raises:
            HubError: It failed too often.
        """
        num_failed, was = 0, progress()
        while True:
            try:
                return work()
            except PassingError as error:
                num_failed = 1 if progress() > was else num_failed + 1
                was = progress()
                if num_failed >= NUM_TRIES:
                    raise HubError(f"{error}, {NUM_TRIES} times in a row", hint="run the same command later") from error
                pause_s = max(FIRST_PAUSE_S * 2 ** (num_failed - 1), error.wait_s)
                self.sleep(min(pause_s, LONGEST_PAUSE_S))


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
