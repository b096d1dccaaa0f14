"""Stand-ins that several rooms' tests share. No model, no daemon, no files."""

import asyncio
from collections.abc import AsyncGenerator

from assistant.errors import CairnError
from assistant.protocol import (
    PROTOCOL_VERSION,
    ChatDelta,
    ChatRequest,
    Completion,
    FimRequest,
    FinishReason,
    Status,
    Timings,
)

TIMINGS = Timings(
    num_prompt_tokens=8, num_cached_tokens=4, num_completion_tokens=3, ttft_ms=12.0, decode_tokens_per_s=50.0
)


class ScriptedAssistant:
    """An `Assistant` that says what it was told to say, in order; the last text is repeated.

    Attributes:
        requests: Every request, in order of arrival.
        cancelled: The requests that were cancelled before they were answered.
    """

    def __init__(
        self,
        *texts: str,
        delay_s: float = 0.0,
        finish_reason: FinishReason = "stop",
        error: CairnError | None = None,
        can_chat: bool = True,
    ) -> None:
        self._texts = list(texts) or ["done"]
        self._delay_s = delay_s
        self._finish_reason: FinishReason = finish_reason
        self._error = error
        self._can_chat = can_chat
        self.requests: list[FimRequest | ChatRequest] = []
        self.cancelled: list[FimRequest | ChatRequest] = []
        self.is_closed = False

    async def complete(self, request: FimRequest) -> Completion:
        """Answer with the next text, after the delay."""
        text = await self._next_text(request)
        return Completion(text=text, finish_reason=self._finish_reason, timings=TIMINGS)

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatDelta, None]:
        """Stream the next text word by word, after the delay."""
        text = await self._next_text(request)
        for word in text.split(" "):
            yield ChatDelta(text=f"{word} ")
        yield ChatDelta(text="", finish_reason=self._finish_reason, timings=TIMINGS)

    async def status(self) -> Status:
        """Describe a daemon that is not there."""
        return Status(
            version="0",
            protocol=PROTOCOL_VERSION,
            pid=0,
            model="scripted",
            model_path="",
            context_tokens=2048,
            num_queued=0,
            slots=(),
            memory_bytes=0,
            last_timings=TIMINGS,
            can_chat=self._can_chat,
        )

    async def aclose(self) -> None:
        """Note that the front end closed its connection."""
        self.is_closed = True

    async def _next_text(self, request: FimRequest | ChatRequest) -> str:
        self.requests.append(request)
        text = self._texts.pop(0) if len(self._texts) > 1 else self._texts[0]
        try:
            await asyncio.sleep(self._delay_s)
        except asyncio.CancelledError:
            self.cancelled.append(request)
            raise
        if self._error is not None:
            raise self._error
        return text
