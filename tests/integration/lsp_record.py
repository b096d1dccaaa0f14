"""What the scripted assistant of a language server was asked, and how such a server is started."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.editor import Editor

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "tests" / "integration" / "lsp_scripted_server.py"
ENV = {**os.environ, "PYTHONPATH": str(ROOT)}

StartEditor = Callable[..., Awaitable[Editor]]
Command = Callable[..., tuple[str, ...]]


class Record:
    """What the scripted assistant was asked, read from its file. Warm-ups do not count."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def of(self, event: str) -> list[dict[str, Any]]:
        """All requests that were "asked" or "cancelled", in order."""
        lines = self.path.read_text().split("\n")[:-1] if self.path.exists() else []
        return [entry for entry in map(json.loads, lines) if entry["event"] == event and not entry.get("warm_up")]

    async def wait_for(self, event: str, count: int) -> None:
        """Wait until there are so many."""
        async with asyncio.timeout(60):
            while len(self.of(event)) < count:
                await asyncio.sleep(0.02)
