"""The guard over real sockets: uvicorn with our limits, in a thread, over an engine that says what it is told."""

import asyncio
import json
import resource
import socket
import stat
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from assistant.errors import DaemonError
from assistant.server import bodies, connections
from assistant.server.app import build_app
from assistant.server.connections import MAX_OPEN, MAX_PER_PEER
from assistant.server.daemon import bind, server_config
from assistant.server.loopback import bind_port, keep_token
from tests.fake_engine import alone
from tests.serving import free_port, serving

TIMINGS = {
    "num_prompt_tokens": 1,
    "num_cached_tokens": 0,
    "num_completion_tokens": 1,
    "ttft_ms": 1.0,
    "decode_tokens_per_s": 1.0,
}
ASK = b'{"prompt": "x", "suffix": ""}'
CHAT = b'{"messages": [{"role": "user", "content": "hi"}], "stream": true}'


class FakeEngine:
    """Answers one word to a hole, never to a text, and more to a chat than anybody reads."""

    def __init__(self) -> None:
        self.model = Path("fake.gguf")
        self.ready = {"model": "fake", "context_tokens": 99, "num_slots": 1}
        self.pid = None
        self.num_running = 0
        self.num_ended = 0

    async def start(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def stream(self, op: str, _request: object) -> AsyncIterator[dict]:
        self.num_running += 1
        try:
            while op == "text":
                await asyncio.sleep(3600)
            while op == "chat":
                await asyncio.sleep(0)
                yield {"id": 1, "text": "x" * 65536}
            yield {"id": 1, "text": "ok", "finish_reason": "stop", "timings": TIMINGS}
        finally:
            self.num_running -= 1
            self.num_ended += 1


@dataclass
class Served:
    """Where to ask."""

    engine: FakeEngine
    path: Path
    port: int
    token: str

    def tcp(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def unix(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(60)
        connection.connect(str(self.path))
        return connection

    def own(self) -> dict[str, str]:
        """Headers with which a request over the port is answered."""
        return {"Host": f"127.0.0.1:{self.port}", "Authorization": f"Bearer {self.token}"}


@pytest.fixture
def served(tmp_path_factory) -> Iterator[Served]:
    """A server on a Unix socket and a free port."""
    folder = tmp_path_factory.mktemp("s")
    engine, token = FakeEngine(), keep_token(folder / "token")
    port = free_port()
    listeners = [*bind_port(port), bind(folder / "s")]
    app = build_app(alone(engine), idle_limit_s=3600, on_idle=lambda: None, token=token)
    with serving(server_config(app), listeners):
        yield Served(engine, folder / "s", port, token)


def head(method: str, path: str, headers: list[tuple[str, str]]) -> bytes:
    """A request's head, exactly as given."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode()


def reply(connection: socket.socket) -> tuple[int, bytes]:
    """Status and all the rest of the answer to a request that ends its connection."""
    data = b""
    while part := connection.recv(65536):
        data += part
    return int(data.split(b" ", 2)[1]), data


def ask(connection: socket.socket, headers: dict[str, str] | list[tuple[str, str]], body: bytes = b"") -> int:
    """The status of one request: a question about health, or with a body a completion."""
    pairs = [*(headers.items() if isinstance(headers, dict) else headers), ("Connection", "close")]
    names = [name.lower() for name, _ in pairs]
    if body and "content-length" not in names and "transfer-encoding" not in names:
        pairs.append(("Content-Length", str(len(body))))
    with connection:
        method, path = ("POST", "/v1/completions") if body else ("GET", "/health")
        connection.sendall(head(method, path, pairs) + body)
        return reply(connection)[0]


def until(condition, seconds: float = 60.0) -> bool:
    """Whether it comes true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


OVER_THE_PORT = {
    "its own": ({}, 200),
    "localhost": ({"Host": "localhost:{port}"}, 200),
    "IPv6's own name": ({"Host": "[::1]:{port}"}, 200),
    "another host": ({"Host": "evil.example:{port}"}, 421),
    "no port": ({"Host": "127.0.0.1"}, 421),
    "another port": ({"Host": "127.0.0.1:1"}, 421),
    "the trick with 0.0.0.0": ({"Host": "0.0.0.0:{port}"}, 421),
    "a name that begins like ours": ({"Host": "localhost:{port}.evil.example"}, 421),
    "no token": ({"Authorization": None}, 401),
    "an empty token": ({"Authorization": "Bearer "}, 401),
    "a wrong token": ({"Authorization": "Bearer wrong"}, 401),
    "the token and more": ({"Authorization": "Bearer {token}x"}, 401),
    "a token that is no ASCII": ({"Authorization": "Bearer \u00e9"}, 401),
    "another scheme": ({"Authorization": "Basic {token}"}, 401),
    "a page": ({"Origin": "https://evil.example"}, 403),
    "a page without a name": ({"Origin": "null"}, 403),
    "a page of this machine": ({"Origin": "http://127.0.0.1:{port}"}, 403),
    "a page across sites": ({"Sec-Fetch-Site": "cross-site"}, 403),
    "a page of another port": ({"Sec-Fetch-Site": "same-site"}, 403),
    "the address bar": ({"Sec-Fetch-Site": "none"}, 200),
    "large headers": ({"X-Filler": "x" * (16 << 10)}, 431),
    "many headers": ({f"X-{number}": "x" for number in range(100)}, 431),
}


@pytest.mark.parametrize(("change", "status"), OVER_THE_PORT.values(), ids=OVER_THE_PORT)
def test_over_the_port_only_its_owners_programs_are_answered(served, change, status) -> None:
    """Own host, own token, no page: everything else is refused, whatever the path."""
    headers = served.own()
    for name, value in change.items():
        headers.pop(name, None)
        if value is not None:
            headers[name] = value.replace("{port}", str(served.port)).replace("{token}", served.token)

    assert ask(served.tcp(), headers) == status or (status == 431 and ask(served.tcp(), headers) == 400)


@pytest.mark.parametrize("hosts", [[], ["own", "own"], ["own", "evil.example"]], ids=["none", "twice", "two"])
def test_over_the_port_a_request_names_one_host(served, hosts) -> None:
    """Neither none nor two, though one of them be ours."""
    own = served.own()
    pairs = [("Host", own["Host"] if host == "own" else host) for host in hosts]

    assert ask(served.tcp(), [*pairs, ("Authorization", own["Authorization"])]) in (400, 421)


def test_the_sockets_owner_needs_no_token_and_any_host(served) -> None:
    """Its mode is its guard; a browser cannot reach it, and what says it is a page is refused all the same."""
    assert ask(served.unix(), {"Host": "anything"}) == 200
    assert ask(served.unix(), {"Host": "cairn", "Origin": "https://evil.example"}) == 403
    assert ask(served.unix(), {"Host": "cairn", "Sec-Fetch-Site": "cross-site"}) == 403


def test_a_preflight_gets_no_leave(served) -> None:
    """No answer has an `Access-Control-` header, the refused least of all."""
    for headers in (served.own(), served.own() | {"Origin": "https://evil.example"}):
        with served.tcp() as connection:
            pairs = [*headers.items(), ("Access-Control-Request-Method", "POST"), ("Connection", "close")]
            connection.sendall(head("OPTIONS", "/v1/completions", pairs))
            status, data = reply(connection)

        assert status in (403, 405)
        assert b"access-control" not in data.lower()


def test_a_length_and_chunks_together_are_refused(served) -> None:
    """Two ways to say where a body ends are how requests are smuggled."""
    headers = served.own() | {"Content-Type": "application/json"}
    both = headers | {"Content-Length": "4", "Transfer-Encoding": "chunked"}

    assert ask(served.tcp(), both, b"1d\r\n" + ASK + b"\r\n0\r\n\r\n") == 400
    assert ask(served.unix(), both, b"1d\r\n" + ASK + b"\r\n0\r\n\r\n") == 400
    assert ask(served.tcp(), headers | {"Transfer-Encoding": "chunked"}, b"1d\r\n" + ASK + b"\r\n0\r\n\r\n") == 200


def test_the_token_is_the_owners_alone_and_stays(tmp_path) -> None:
    """Mode 0600, the same for the next daemon; one that others could read, or a half one, is replaced."""
    path = tmp_path / "token"
    first = keep_token(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keep_token(path) == first
    path.chmod(0o644)
    second = keep_token(path)
    assert second != first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("half")
    assert len(keep_token(path)) == len(second)


def test_heads_that_never_end_are_ended(served, monkeypatch) -> None:
    """300 of them: those beyond the limit at once, the others in time; then the next request is answered."""
    monkeypatch.setattr(connections, "HEAD_DEADLINE_S", 1.0)
    with ExitStack() as stack:
        stalled = [stack.enter_context(served.unix()) for _ in range(300)]
        for connection in stalled:
            connection.setblocking(False)
            with suppress(OSError):  # those beyond the limit are closed already
                connection.send(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ")

        assert until(lambda: sum(map(is_open, stalled)) <= MAX_OPEN, 1.0)
        assert until(lambda: sum(map(is_open, stalled)) == 0)
        assert ask(served.unix(), {"Host": "x"}) == 200


def is_open(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def test_a_head_sent_byte_by_byte_has_the_same_time(served, monkeypatch) -> None:
    """Neither on a fresh connection nor after an answer does a byte now and then buy more of it."""
    with served.unix() as connection:
        connection.sendall(head("GET", "/health", [("Host", "x")]))
        assert b"200" in connection.recv(65536)
        monkeypatch.setattr(connections, "HEAD_DEADLINE_S", 0.5)

        with pytest.raises(OSError, match=r"."):  # noqa: PT012
            for byte in b"GET /health HTTP/1.1\r\n" * 100:
                connection.sendall(bytes([byte]))
                time.sleep(0.05)


def test_the_port_has_room_for_so_many_and_the_socket_for_others(served) -> None:
    """A flood from one address leaves the socket's clients alone."""
    with ExitStack() as stack:
        flood = [stack.enter_context(served.tcp()) for _ in range(MAX_PER_PEER + 20)]
        for connection in flood:
            connection.setblocking(False)

        assert until(lambda: sum(map(is_open, flood)) <= MAX_PER_PEER)
        assert ask(served.unix(), {"Host": "x"}) == 200
    assert until(lambda: _is_answered(served))


def _is_answered(served: Served) -> bool:
    try:
        return ask(served.tcp(), served.own()) == 200
    except (OSError, IndexError):
        return False


@pytest.mark.parametrize("is_said", [True, False], ids=["as long as it says", "without a length"])
def test_a_large_body_is_refused_before_it_is_here(served, is_said) -> None:
    """200 MB: status 413, and no memory for them."""
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    length = ("Content-Length", str(200 << 20)) if is_said else ("Transfer-Encoding", "chunked")
    part = b"x" * (1 << 20)
    with served.unix() as connection:
        connection.sendall(
            head("POST", "/v1/completions", [("Host", "x"), ("Content-Type", "application/json"), length])
        )
        with suppress(OSError):
            for _ in range(200):
                connection.sendall(part if is_said else b"100000\r\n" + part + b"\r\n")
        data = connection.recv(65536)

    assert data.split(b" ", 2)[1] == b"413"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 64 << 10


def test_a_refused_body_is_not_read_for_ever(served, monkeypatch) -> None:
    """Who is refused and goes on sending is cut off."""
    monkeypatch.setattr(connections, "LINGER_S", 0.3)
    with served.unix() as connection:
        connection.sendall(head("POST", "/nowhere", [("Host", "x"), ("Content-Length", str(4 << 20))]))

        with pytest.raises(OSError, match=r"."):  # noqa: PT012
            for _ in range(200):
                connection.sendall(b"x")
                time.sleep(0.05)


def test_a_body_that_does_not_come_is_not_waited_for(served, monkeypatch) -> None:
    """Status 408 after the time a body has."""
    monkeypatch.setattr(bodies, "BODY_DEADLINE_S", 0.3)

    with served.unix() as connection:
        pairs = [("Host", "x"), ("Content-Type", "application/json"), ("Content-Length", "100")]
        connection.sendall(head("POST", "/v1/completions", pairs) + b"{")
        data = connection.recv(65536)

    assert data.split(b" ", 2)[1] == b"408"


def test_a_client_that_leaves_cancels_what_it_asked(served) -> None:
    """Also when it asked for no stream, over either way in."""
    body = json.dumps({"prompt": "x"}).encode()
    pairs = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    for connection in (served.unix(), served.tcp()):
        ended = served.engine.num_ended
        connection.sendall(head("POST", "/v1/completions", [*served.own().items(), *pairs]) + body)
        assert until(lambda: served.engine.num_running == 1)

        connection.close()

        assert until(lambda ended=ended: served.engine.num_ended == ended + 1)


def test_a_client_that_never_reads_is_left(served, monkeypatch) -> None:
    """A stream nobody takes ends, and its work with it."""
    monkeypatch.setattr(connections, "UNREAD_DEADLINE_S", 0.5)
    with served.unix() as connection:
        pairs = [("Host", "x"), ("Content-Type", "application/json"), ("Content-Length", str(len(CHAT)))]
        connection.sendall(head("POST", "/v1/chat/completions", pairs) + CHAT)

        assert until(lambda: served.engine.num_running == 1)
        assert until(lambda: served.engine.num_running == 0)


def test_a_port_that_is_taken_is_said_to_be(served) -> None:
    """Two lines, and nothing left listening."""
    with pytest.raises(DaemonError, match=f"port {served.port} cannot be used") as caught:
        bind_port(served.port)

    assert caught.value.hint
