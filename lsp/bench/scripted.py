"""The language server with an assistant that takes a given time and no work. A program: `python -m … DELAY_S`."""

import asyncio
import sys
from collections.abc import AsyncGenerator

from assistant.protocol import PROTOCOL_VERSION, ChatDelta, ChatRequest, Completion, FimRequest, Status, Timings
from lsp.server import build_server
from lsp.transports.stdio import serve_stdio

SUGGESTION = "weighted(first, second, third) + offset"
_TIMINGS = Timings(
    num_prompt_tokens=1, num_cached_tokens=0, num_completion_tokens=1, ttft_ms=1.0, decode_tokens_per_s=1.0
)


class ScriptedAssistant:
    """Always says the same."""

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s

    async def complete(self, request: FimRequest) -> Completion:
        """Answer after the delay."""
        await asyncio.sleep(0 if request.warm_up else self._delay_s)
        return Completion(text=SUGGESTION, finish_reason="stop", timings=_TIMINGS)

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatDelta, None]:
        """Say nothing."""
        yield ChatDelta(text="", finish_reason="stop", timings=_TIMINGS)

    async def status(self) -> Status:
        """Describe no model."""
        return Status(
            version="0",
            protocol=PROTOCOL_VERSION,
            pid=0,
            model="scripted",
            model_path="",
            context_tokens=0,
            num_queued=0,
            slots=(),
            memory_bytes=0,
        )

    async def aclose(self) -> None:
        """Do nothing: there is no connection."""


if __name__ == "__main__":
    sys.exit(serve_stdio(build_server(ScriptedAssistant(float(sys.argv[1])))))
