"""What is measured: a server that fills holes and continues texts, ours or llama-server, seen through raw HTTP.

Raw, because a benchmark also reads what the messages do not have, and must count what really crossed the socket.
"""

import json
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import httpx2

from assistant.errors import EngineError
from assistant.protocol import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One finished request. Times are wall clock, seen by the client."""

    text: str
    ttft_ms: float
    """Until the first event of the stream, which carries the first text."""
    total_ms: float
    num_prompt_tokens: int
    num_cached_tokens: int
    num_completion_tokens: int
    timings: Json
    """As the server wrote them."""

    @property
    def num_evaluated_tokens(self) -> int:
        """Prompt tokens that had to be computed."""
        return self.num_prompt_tokens - self.num_cached_tokens


class Target(ABC):
    """A server under measurement."""

    def __init__(self, name: str, http: httpx2.AsyncClient) -> None:
        self.name = name
        self.http = http

    async def fill(self, prefix: str, suffix: str, *, max_tokens: int, **fields: Any) -> Answer:
        """Fill a hole greedily, as a stream."""
        return await self.ask(*self.fim_request(prefix, suffix, max_tokens), **fields)

    async def continue_text(self, prompt: str, *, max_tokens: int, **fields: Any) -> Answer:
        """Continue a text greedily, as a stream."""
        return await self.ask("/v1/completions", {"prompt": prompt, "max_tokens": max_tokens}, **fields)

    async def chat(self, content: str, *, max_tokens: int, **fields: Any) -> Answer:
        """Answer a conversation of one turn, as a stream."""
        body = {"messages": [{"role": "user", "content": content}], "max_tokens": max_tokens}
        return await self.ask("/v1/chat/completions", body, **fields)

    async def ask(self, path: str, body: Json, **fields: Any) -> Answer:
        """Send one request and read its stream to the end.

        Raises:
            EngineError: The server refused or failed.
        """
        started, ttft_s, text, last = time.perf_counter(), 0.0, "", Json()
        async for event in self.events(path, {"temperature": 0.0, **body, **fields}):
            ttft_s = ttft_s or time.perf_counter() - started
            text += text_of(event)
            last |= event
        total_s = time.perf_counter() - started
        return self.answer(text, 1e3 * ttft_s, 1e3 * total_s, last.get("timings", {}))

    async def events(self, path: str, body: Json) -> AsyncGenerator[Json, None]:
        """Send a request and yield its events. Closing the iterator closes the connection."""
        async with self.http.stream("POST", path, json={"stream": True} | body) as response:
            if response.is_error:
                await response.aread()
                raise EngineError(f"{self.name}: {response.text}", hint="measure with another model or context")
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    event: Json = json.loads(line.removeprefix("data: "))
                    if "error" in event:
                        raise EngineError(f"{self.name}: {event['error']}", hint="see the server's log")
                    yield event

    @abstractmethod
    def fim_request(self, prefix: str, suffix: str, max_tokens: int) -> tuple[str, Json]:
        """Path and body that ask for a hole to be filled."""

    @abstractmethod
    def answer(self, text: str, ttft_ms: float, total_ms: float, timings: Json) -> Answer:
        """Read the server's own counts."""

    @abstractmethod
    async def is_idle(self) -> bool:
        """Whether it computes nothing."""


class OurDaemon(Target):
    """The daemon, over its Unix socket."""

    def fim_request(self, prefix: str, suffix: str, max_tokens: int) -> tuple[str, Json]:
        """OpenAI's legacy completion: it takes more fields than `/infill`."""
        return "/v1/completions", {"prompt": prefix, "suffix": suffix, "max_tokens": max_tokens}

    def answer(self, text: str, ttft_ms: float, total_ms: float, timings: Json) -> Answer:
        """Read `Timings`."""
        return Answer(
            text=text,
            ttft_ms=ttft_ms,
            total_ms=total_ms,
            num_prompt_tokens=timings["num_prompt_tokens"],
            num_cached_tokens=timings["num_cached_tokens"],
            num_completion_tokens=timings["num_completion_tokens"],
            timings=timings,
        )

    async def status(self) -> Json:
        """`/status`, raw."""
        return (await self.http.get("/status")).json()

    async def is_idle(self) -> bool:
        """No slot is busy and nothing waits."""
        status = await self.status()
        return not status["num_queued"] and not any(slot["is_busy"] for slot in status["slots"])

    async def tokens_of(self, text: str) -> list[int]:
        """Token ids of a text."""
        answer = await self.http.post("/tokenize", json={"content": text, "parse_special": False})
        return answer.json()["tokens"]

    async def text_of(self, tokens: list[int]) -> str:
        """Text of token ids."""
        return (await self.http.post("/detokenize", json={"tokens": tokens})).json()["content"]


class PeerServer(Target):
    """llama-server, over a loopback port."""

    def fim_request(self, prefix: str, suffix: str, max_tokens: int) -> tuple[str, Json]:
        """`/infill`; one sampler, so that it need not run the eight others of its default chain."""
        body = {"input_prefix": prefix, "input_suffix": suffix, "prompt": "", "n_predict": max_tokens}
        return "/infill", body | {"samplers": ["top_k"], "top_k": 1, "cache_prompt": True}

    def answer(self, text: str, ttft_ms: float, total_ms: float, timings: Json) -> Answer:
        """Read its `timings`: `prompt_n` counts what it evaluated, `cache_n` what it kept."""
        return Answer(
            text=text,
            ttft_ms=ttft_ms,
            total_ms=total_ms,
            num_prompt_tokens=timings["prompt_n"] + timings["cache_n"],
            num_cached_tokens=timings["cache_n"],
            num_completion_tokens=timings["predicted_n"],
            timings=timings,
        )

    async def is_idle(self) -> bool:
        """No slot computes."""
        return not any(slot["is_processing"] for slot in (await self.http.get("/slots")).json())


def text_of(event: Json) -> str:
    """The text of one event or whole answer, in OpenAI's forms or llama-server's."""
    if "content" in event:
        return event["content"]
    choice: Json = next(iter(event.get("choices", ())), Json())
    spoken: Json = choice.get("delta") or choice.get("message") or Json()
    return choice.get("text") or spoken.get("content") or ""
