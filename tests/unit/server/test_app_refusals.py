"""What the daemon's HTTP refuses, and what it takes though it looks odd."""

import pytest

from assistant.server.app import build_app
from tests.fake_engine import FakeEngine, alone, client


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
async def test_a_body_that_is_not_said_to_be_json_is_refused(kind) -> None:
    """A web page can send any other type across origins without asking."""
    headers = {"content-type": kind} if kind else {}
    async with client(FakeEngine("a")) as http:
        answer = await http.post("/v1/completions", content=b'{"prompt": "x"}', headers=headers)

    assert answer.status_code == 415
    assert "Content-Type: application/json" in answer.json()["error"]["hint"]


async def test_json_may_name_its_charset() -> None:
    """Parameters and case of the type do not matter."""
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    async with client(FakeEngine("a")) as http:
        answer = await http.post("/v1/completions", content=b'{"prompt": "x"}', headers=headers)

    assert answer.status_code == 200


async def test_large_headers_are_refused() -> None:
    """16 KB, whatever the path."""
    async with client(FakeEngine()) as http:
        answer = await http.get("/health", headers={"x-filler": "x" * (16 << 10)})

    assert answer.status_code == 431
    assert "headers" in answer.json()["error"]["message"]


async def test_a_client_that_leaves_in_the_middle_of_its_request_is_no_error() -> None:
    """Nothing is asked of the engine, nothing raised into the log."""
    engine = FakeEngine("a")
    app = build_app(alone(engine), idle_limit_s=60, on_idle=lambda: None)
    parts = iter([{"type": "http.request", "body": b'{"pro', "more_body": True}, {"type": "http.disconnect"}])
    sent: list[dict] = []
    head = {
        "type": "http",
        "method": "POST",
        "path": "/v1/completions",
        "query_string": b"",
        "server": ("cairn.sock", None),
        "headers": [(b"content-type", b"application/json")],
    }

    async def receive() -> dict:
        return next(parts)

    async def send(message: dict) -> None:
        sent.append(message)

    await app(head, receive, send)

    assert sent[0]["status"] == 499
    assert engine.asked == []


async def test_unknown_paths_and_methods_are_refused() -> None:
    """404 and 405, as HTTP has them."""
    async with client(FakeEngine()) as http:
        assert (await http.get("/etc/passwd")).status_code == 404
        assert (await http.get("/v1/completions")).status_code == 405
