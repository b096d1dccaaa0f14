"""Chats in a folder of the test, and what is said in them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.chats.store import Chats
from tests.unit.chats.exchanges import FakeClock


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "chats.db"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def chats(file: Path, clock: Callable[[], float]) -> Chats:
    return Chats(file, now=clock)
