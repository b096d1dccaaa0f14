"""An engine that is told what to say, and the daemon's HTTP over it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2

from assistant.server.app import build_app

TIMINGS = {
    "num_prompt_tokens": 1,
    "num_cached_tokens": 0,
    "num_completion_tokens": 1,
    "ttft_ms": 1.0,
    "decode_tokens_per_s": 1.0,
}


class FakeEngine:
    """Streams its script; an exception in the script is raised there."""

    def __init__(self, *script: str | Exception) -> None:
        self.model = Path("fake.gguf")
        self.pid = None
        self.ready = {
            "model": "fake",
            "context_tokens": 99,
            "num_slots": 1,
            "chat_template": "{{ messages }}",
            "file_type": "Q4_K_M",
            "fim_marks": ["<pre>", "<suf>", "<mid>"],
            "bos_token": "",
            "eos_token": "<end>",
        }
        self.state = "ready"
        self.is_busy = False
        self.script = script
        self.asked: list[tuple[str, object]] = []
        self.go_on = asyncio.Event()
        """A text waits here after its first piece; set unless a test clears it."""
        self.go_on.set()
        self.num_left = 0

    async def start(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def slots(self) -> dict:
        return {"slots": [{"num_tokens": 3, "is_busy": self.is_busy}], "num_queued": 0}

    async def ask(self, op: str, request: object) -> dict:
        self.asked.append((op, request))
        adapter = {"id": 0, "name": "a", "path": "a.gguf", "scales": {"completion": 0.0, "chat": 1.0}}
        return {"id": 1} | ({"adapters": [adapter]} if "adapters" in op else {"tokens": [7]})

    async def switch(self, model: Path) -> None:
        self.model = model

    async def stream(self, op: str, request: object) -> AsyncIterator[dict]:
        self.asked.append((op, request))
        for text in self.script:
            if isinstance(text, Exception):
                raise text
            yield {"id": 1, "text": text}
            try:
                await self.go_on.wait()
            except asyncio.CancelledError:
                self.num_left += 1
                raise
        yield {"id": 1, "text": "", "finish_reason": "stop", "timings": TIMINGS}


def client(engine: FakeEngine) -> httpx2.AsyncClient:
    """HTTP straight into the application, without a socket."""
    app = build_app(engine, idle_limit_s=60, on_idle=lambda: None)
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test")
