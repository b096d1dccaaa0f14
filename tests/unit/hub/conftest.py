"""A hub on this machine that holds the built-in model, and a home of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import paths
from assistant.hub.endpoint import Endpoint
from assistant.hub.web import Web
from tests.fake_hub import FakeHub, fake_hub

REPO = "org/tiny-GGUF"
FILE = "tiny-Q8_0.gguf"


@pytest.fixture
def model_bytes() -> bytes:
    """A real, small model: 5 MB."""
    return paths.BUILTIN_MODEL.read_bytes()


@pytest.fixture
def hub(home: Path, model_bytes: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """Serves the model; the environment names it."""
    with fake_hub(files={f"{REPO}/{FILE}": model_bytes, f"{REPO}/README.md": b"read me"}) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.hub_url)
        for name in ("HF_TOKEN", "HF_HOME", "HF_HUB_CACHE", "HF_TOKEN_PATH", "HF_HUB_OFFLINE"):
            monkeypatch.delenv(name, raising=False)
        yield served


@pytest.fixture
def web(hub: FakeHub) -> Iterator[Web]:
    """A connection to it that does not wait before it tries again."""
    with Web(Endpoint(url=hub.hub_url), sleep=lambda _s: None) as opened:
        yield opened
