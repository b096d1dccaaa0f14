"""The chat in a browser: who may reach it."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

pytest.importorskip("textual_serve", reason="the extra `web` is not installed")

import aiohttp
import psutil

from assistant.tui.web import serve


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """A server on a free port, with the secret in its address."""
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(0, told.set_result))
    yield await told
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def status_of(url: str, **headers: str) -> int:
    async with aiohttp.ClientSession() as browser, browser.get(url, headers=headers) as response:
        return response.status


async def test_the_page_opens_at_its_secret_address_and_loads_nothing_from_elsewhere(address: str) -> None:
    """Every address in it is this server's, and the browser is told to refuse others."""
    async with aiohttp.ClientSession() as browser, browser.get(address) as response:
        page = await response.text()

    assert response.status == 200
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert "googleapis" not in page
    assert page.count("://") == page.count(address.removeprefix("http"))


async def test_without_the_secret_there_is_nothing(address: str) -> None:
    """Not the page, not the socket, not a file."""
    root = f"http://{urlsplit(address).netloc}"

    assert [await status_of(root + path) for path in ("/", "/ws", "/static/js/textual.js", "/x/ws")] == [404] * 4


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Host": "localhost"}, {"Origin": "http://evil.example"}, {"Origin": "null"}],
    ids=str,
)
async def test_another_name_or_another_page_is_refused(address: str, headers: dict[str, str]) -> None:
    """Even where the secret is known."""
    assert await status_of(address, **headers) == 403


@pytest.mark.parametrize("origin", [None, "http://evil.example"])
async def test_the_socket_wants_our_own_page(address: str, origin: str | None) -> None:
    """A browser always says where a socket is opened from."""
    async with aiohttp.ClientSession() as browser:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await browser.ws_connect(f"{address}ws", origin=origin)

    assert refusal.value.status == 403


async def test_only_loopback_is_listened_to(address: str) -> None:
    """The address is a number, not a name that somebody else may answer for."""
    assert urlsplit(address).hostname == "127.0.0.1"


async def test_the_socket_is_a_chat_that_ends_with_it(
    address: str, home, monkeypatch: pytest.MonkeyPatch, until
) -> None:
    """What comes over it is the chat's screen; nothing is left behind when the page is closed."""
    monkeypatch.setenv("CAIRN_ENDPOINT", "http://127.0.0.1:9/v1")  # nobody is there, and no daemon is started
    others = set(psutil.Process().children())  # of other tests, that keep a worker
    socket, origin = f"{address}ws?width=80&height=24", f"http://{urlsplit(address).netloc}"
    seen = b""
    async with aiohttp.ClientSession() as browser, browser.ws_connect(socket, origin=origin) as chat:
        async with asyncio.timeout(30):
            async for message in chat:
                seen += message.data if isinstance(message.data, bytes) else message.data.encode()
                if b"answers questions about code" in seen:
                    break

    assert b"answers questions about code" in seen
    await until(lambda: set(psutil.Process().children()) <= others, timeout_s=60)
