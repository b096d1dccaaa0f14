"""A fake assistant that chats by script, and eyes for what the app shows."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace

import pytest
from textual.app import App

from assistant.errors import CairnError, EngineError
from assistant.protocol import ChatDelta, ChatRequest, Completion, FimRequest, Slot, Status, Timings

Script = list[object]
"""Pieces of text, errors to raise, a last delta, and `ScriptedChat.HOLD`."""


_TIMINGS = Timings(
    num_prompt_tokens=1000,
    num_cached_tokens=600,
    num_completion_tokens=1,
    ttft_ms=310.0,
    decode_tokens_per_s=43.2,
)


class ScriptedChat:
    """Answers the n-th request by the n-th script; remembers what it was asked and how its streams ended."""

    HOLD = object()
    """In a script: wait here until the test sets `release`, or for ever."""

    def __init__(self, *scripts: Script, down: CairnError | None = None, delay_s: float = 0.0) -> None:
        self.scripts = list(scripts)
        self.down = down
        self.delay_s = delay_s
        self.release = asyncio.Event()
        self.requests: list[ChatRequest] = []
        self.num_cut_short = 0
        self.ghost: str | None = None
        self.holes: list[FimRequest] = []

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatDelta, None]:
        """Play the next script."""
        script = self.scripts[len(self.requests)]
        self.requests.append(request)
        is_whole = False
        try:
            async for delta in self._play(script):
                yield delta
            is_whole = True
        finally:
            self.num_cut_short += not is_whole

    async def _play(self, script: Script) -> AsyncGenerator[ChatDelta, None]:
        for step in script:
            await asyncio.sleep(self.delay_s)
            if isinstance(step, CairnError):
                raise step
            if step is self.HOLD:
                await self.release.wait()
            elif isinstance(step, ChatDelta):
                yield step
                return
            else:
                yield ChatDelta(text=str(step))
        timings = replace(_TIMINGS, num_completion_tokens=len(script))
        yield ChatDelta(text="", finish_reason="stop", timings=timings)

    async def complete(self, request: FimRequest) -> Completion:
        """Say how a text goes on, once it is told to."""
        self.holes.append(request)
        if self.ghost is None:
            raise EngineError("this model cannot fill in the middle", hint="use another")
        return Completion(text=self.ghost, finish_reason="stop", timings=_TIMINGS)

    async def status(self) -> Status:
        """Report a small model with a context of 4,096 tokens."""
        if self.down:
            raise self.down
        return Status(
            version="0.1.0",
            protocol=1,
            pid=1,
            model="scripted-1b-Q4_K_M",
            model_path="/models/scripted.gguf",
            context_tokens=4096,
            num_queued=0,
            slots=(Slot(num_tokens=0, is_busy=False),),
            memory_bytes=0,
        )

    async def aclose(self) -> None:
        """Nothing to close."""


@pytest.fixture
def scripted() -> type[ScriptedChat]:
    """The fake's class, to be made with one script for each request."""
    return ScriptedChat


@pytest.fixture
def shown() -> Callable[[App[None]], str]:
    """Read the screen: its cells as lines of text."""

    def read(app: App[None]) -> str:
        return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())

    return read


@pytest.fixture
def until() -> Callable[..., object]:
    """Wait for a condition, and fail where it does not come true in time."""

    async def wait(condition: Callable[[], object], timeout_s: float = 60.0) -> None:
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline_s, "it did not come true in time"
            await asyncio.sleep(0.005)

    return wait
