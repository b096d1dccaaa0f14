"""A hub on this machine, with the paths and headers of the real one, and a storage elsewhere that it redirects to.

What goes wrong is said beforehand, in `faults`: one for each request to the storage, in order; then nothing does.
"""

import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "c0ffee" + "0" * 34
PIECE_BYTES = 1 << 14


@dataclass
class FakeHub:
    """What the hub holds, and what it saw."""

    files: dict[str, bytes] = field(default_factory=dict)
    """By `org/repo/path`."""
    licence: str = "apache-2.0"
    gated: object = False
    claims: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Fields of a file's row in the listing that lie, by its path in the repository."""
    faults: list[str] = field(default_factory=list)
    """`cut:N` after N bytes, `wrong` bytes, `changed`, `refuse:STATUS`, `endless`, `no-range`, `loop`, `to:URL`,
    `slow`, `packed`, `head:NAME=VALUE`."""
    info: dict[str, Any] = field(default_factory=dict)
    """Fields of the repository's description that lie."""
    raw: dict[str, bytes] = field(default_factory=dict)
    """Whole answers of the API, by path."""
    hub_url: str = ""
    storage_url: str = ""
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """`hub` or `storage`, path, headers in lower case."""
    slow_s: float = 0.02
    """Between pieces of a slow answer."""
    sent_bytes: int = 0
    """By the storage, in all."""
    going_on: threading.Event = field(default_factory=threading.Event)

    def paths_of(self, repo: str) -> dict[str, bytes]:
        """The files of a repository, by their paths in it."""
        return {key.removeprefix(f"{repo}/"): data for key, data in self.files.items() if key.startswith(f"{repo}/")}

    def starts(self) -> list[int]:
        """Where each request to the storage began."""
        ranges = [headers.get("range", "bytes=0-") for where, _, headers in self.requests if where == "storage"]
        return [int(text.removeprefix("bytes=").partition("-")[0]) for text in ranges]


@contextlib.contextmanager
def fake_hub(**fields: Any) -> Iterator[FakeHub]:
    """Serve on two ports of the loopback until the block ends."""
    hub = FakeHub(**fields)
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub, where)) for where in ("hub", "storage")]
    hub.hub_url, hub.storage_url = (f"http://127.0.0.1:{server.server_port}" for server in servers)
    threads = [threading.Thread(target=server.serve_forever, args=(0.02,)) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield hub
    finally:
        hub.going_on.set()
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()


def _handler(hub: FakeHub, where: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            hub.requests.append((where, self.path, {name.lower(): value for name, value in self.headers.items()}))
            with contextlib.suppress(ConnectionError):
                _Api(hub, self).answer() if where == "hub" else _Storage(hub, self).answer()

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


class _Api:
    """`/api/models…` and `/org/repo/resolve/COMMIT/path`."""

    def __init__(self, hub: FakeHub, request: BaseHTTPRequestHandler) -> None:
        self.hub, self.request = hub, request
        self.parts = urlsplit(request.path)

    def answer(self) -> None:
        path = unquote(self.parts.path)
        if path in self.hub.raw:
            _send(self.request, 200, {"Content-Type": "application/json"}, self.hub.raw[path])
        elif path == "/api/models":
            self._json([self._search_row(repo) for repo in self._repos()])
        elif path.startswith("/api/models/"):
            self._describe(path.removeprefix("/api/models/"))
        else:
            self._resolve(path)

    def _repos(self) -> list[str]:
        words = parse_qs(self.parts.query).get("search", [""])[0].lower().split()
        repos = {"/".join(key.split("/")[:2]) for key in self.hub.files}
        return sorted(repo for repo in repos if all(word in repo.lower() for word in words))

    def _search_row(self, repo: str) -> dict[str, Any]:
        return {"id": repo, "downloads": 7, "tags": ["gguf", f"license:{self.hub.licence}"], "gated": self.hub.gated}

    def _describe(self, path: str) -> None:
        organisation, name, kind, *_ = path.split("/")
        files = self.hub.paths_of(f"{organisation}/{name}")
        if not files:
            _send(self.request, 401, {}, b"")  # the hub does not tell what is private from what is not there
        elif kind == "revision":
            card = {"license": self.hub.licence}
            self._json({"id": name, "sha": COMMIT, "cardData": card, "gated": self.hub.gated} | self.hub.info)
        else:
            page = parse_qs(self.parts.query).get("cursor", ["0"])[0]
            self._tree(files, int(page))

    def _tree(self, files: dict[str, bytes], start: int) -> None:
        rows = [self._tree_row(path, data) for path, data in files.items()]
        end = start + 50
        address = f"{self.hub.hub_url}{self.parts.path}?recursive=true&cursor={end}"
        link = {"Link": f'<{address}>; rel="next"'} if end < len(rows) else {}
        self._json(rows[start:end], link)

    def _tree_row(self, path: str, data: bytes) -> dict[str, Any]:
        large = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
        row = {"type": "file", "oid": "0" * 40, "size": len(data), "path": path, "lfs": large}
        return row | self.hub.claims.get(path, {})

    def _resolve(self, path: str) -> None:
        repo, _, rest = path.strip("/").partition("/resolve/")
        data = self.hub.files.get(f"{repo}/{rest.partition('/')[2]}")
        if data is None:
            _send(self.request, 404, {}, b"")
            return
        sha256 = hashlib.sha256(data).hexdigest()
        linked = {"X-Linked-Etag": f'"{sha256}"', "X-Linked-Size": str(len(data)), "X-Repo-Commit": COMMIT}
        location = f"{self.hub.storage_url}/{repo}/{rest.partition('/')[2]}?sig=x"
        fault = self.hub.faults[0] if self.hub.faults else ""
        if fault.startswith(("to:", "changed")):
            self.hub.faults.pop(0)
        if fault.startswith("to:"):
            location = fault.removeprefix("to:")
        if fault == "changed":
            linked["X-Linked-Etag"] = '"' + "f" * 64 + '"'
        if fault == "loop":
            location = self.request.path
        _send(self.request, 302, linked | {"Location": location}, b"")

    def _json(self, value: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(value).encode()
        _send(self.request, 200, {"Content-Type": "application/json"} | (headers or {}), body)


class _Storage:
    """Bytes by range, with an ETag."""

    def __init__(self, hub: FakeHub, request: BaseHTTPRequestHandler) -> None:
        self.hub, self.request = hub, request
        self.data = hub.files[unquote(urlsplit(request.path).path).strip("/")]
        self.fault = hub.faults.pop(0) if hub.faults else ""

    def answer(self) -> None:
        if self.fault.startswith("refuse:"):
            _send(self.request, int(self.fault.removeprefix("refuse:")), {}, b"")
            return
        start, end = self._range()
        body = self.data[start:end]
        if self.fault == "wrong":
            body = bytes(byte ^ 1 for byte in body)
        status, headers = self._head(start, end)
        self.request.send_response(status)
        for name, value in headers.items():
            self.request.send_header(name, value)
        self.request.end_headers()
        self._write(body)

    def _range(self) -> tuple[int, int]:
        asked = self.request.headers.get("Range", "")
        condition = self.request.headers.get("If-Range", self._etag())
        if not asked or self.fault == "no-range" or condition != self._etag():
            return 0, len(self.data)
        first, _, last = asked.removeprefix("bytes=").partition("-")
        return int(first), int(last) + 1 if last else len(self.data)

    def _head(self, start: int, end: int) -> tuple[int, dict[str, str]]:
        headers = {"ETag": self._etag(), "Accept-Ranges": "bytes", "Content-Length": str(end - start)}
        is_part = self.request.headers.get("Range") and (start or end < len(self.data))
        if is_part:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(self.data)}"
        if self.fault == "endless":
            del headers["Content-Length"]
            headers["Connection"] = "close"
        if self.fault == "packed":
            headers["Content-Encoding"] = "gzip"
        if self.fault.startswith("head:"):
            name, _, value = self.fault.removeprefix("head:").partition("=")
            headers[name] = value
        return 206 if is_part else 200, headers

    def _write(self, body: bytes) -> None:
        limit = int(self.fault.removeprefix("cut:")) if self.fault.startswith("cut:") else len(body)
        for start in range(0, min(limit, len(body)), PIECE_BYTES):
            piece = body[start : min(start + PIECE_BYTES, limit)]
            self.request.wfile.write(piece)
            self.hub.sent_bytes += len(piece)
            if self.fault == "slow":
                self.hub.going_on.wait(self.hub.slow_s)
        while self.fault == "endless" and not self.hub.going_on.is_set():
            self.request.wfile.write(bytes(PIECE_BYTES))
        if limit < len(body) or self.fault == "endless":
            self.request.close_connection = True

    def _etag(self) -> str:
        return f'"{hashlib.md5(self.data, usedforsecurity=False).hexdigest()}"'


def _send(request: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes) -> None:
    request.send_response(status)
    for name, value in ({"Content-Length": str(len(body))} | headers).items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body)
