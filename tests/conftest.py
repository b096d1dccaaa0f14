"""What every test may ask for: the shared data, and a home of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(autouse=True, scope="session")
def no_trace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a test starts keeps its notes, logs and chats in folders of the tests, not of the person who runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture
def shared_data() -> Path:
    """HumanEval, vocabularies and other public data; tests that need them skip where they are absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the shared data folder is not beside this checkout")
    return SHARED_DATA


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home: no settings, no models, no daemon of the person who runs the tests."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    for name in ("MODEL", "THREADS", "CONTEXT_TOKENS", "PORT", "ENDPOINT", "ENDPOINT_MODEL", "ENDPOINT_KEY"):
        monkeypatch.delenv(f"CAIRN_{name}", raising=False)
    return folder
