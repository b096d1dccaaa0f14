"""Holes being filled. What the engine says outlives the request that asked first.

A request that continues a suggestion of the same client and document is answered from what was said, and waits for what
is still being said; only where the two part is the engine asked. So typing along a suggestion computes nothing twice.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from typing import Any

from assistant.protocol import FimRequest, FinishReason, Json, Timings, encode, first_line
from assistant.server.suggestions import Suggestion, Suggestions

log = logging.getLogger("cairn")

Ask = Callable[[str, Any], AsyncIterator[Json]]
"""Streams the engine's events for an op and its request."""


class Holes:
    """Answers requests to fill a hole: from memory, from a stream that runs already, or from the engine."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._memory = Suggestions()
        self._running: dict[Suggestion, HoleStream] = {}

    async def events(self, request: FimRequest) -> AsyncGenerator[Json, None]:
        """The engine's events for `request`, or what they would be; the last has `finish_reason` and `timings`.

        Raises:
            CairnError: The engine refused, or died of it.
        """
        if not request.client or request.warm_up:
            async for event in self._ask("fim", request):
                yield event
            return
        known = self._memory.find(request)
        if known is not None:
            async with contextlib.aclosing(self._continued(known, request)) as events:
                async for event in events:
                    yield event
                    if "finish_reason" in event:
                        return
        async with contextlib.aclosing(self._begin(request).read(request, is_first=True)) as events:
            async for event in events:
                yield event

    async def close(self) -> None:
        """End what goes on in the background."""
        tasks = [stream.task for stream in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _continued(self, known: Suggestion, request: FimRequest) -> AsyncGenerator[Json, None]:
        if known in self._running:
            return self._running[known].read(request, is_first=False)
        return _remembered(known, request)

    def _begin(self, request: FimRequest) -> "HoleStream":
        suggestion = self._memory.begin(request)
        events = self._ask("fim", request)
        stream = HoleStream(suggestion, events, on_left=lambda: self._memory.forget(suggestion))
        self._running[suggestion] = stream
        stream.task.add_done_callback(lambda task: self._ended(suggestion, task))
        return stream

    def _ended(self, suggestion: Suggestion, task: "asyncio.Task[None]") -> None:
        del self._running[suggestion]
        if suggestion.finish_reason in (None, "cancelled"):
            self._memory.forget(suggestion)
        if not task.cancelled() and (error := task.exception()):
            log.warning("%s", error)


class HoleStream:
    """One suggestion on its way: a task takes in the engine's events, any number of readers wait for them.

    `on_left` is called when it is cancelled because its last reader left: from then on nobody may join.
    """

    def __init__(self, suggestion: Suggestion, events: AsyncIterator[Json], *, on_left: Callable[[], None]) -> None:
        self._suggestion = suggestion
        self._on_left = on_left
        self._changed = asyncio.Event()
        self._last: Json = {}
        self._num_readers = 0
        self._goes_on = False
        """Whether it does so when its last reader leaves."""
        self.task = asyncio.create_task(self._take_in(events))
        self.task.add_done_callback(lambda _: self._tell())

    async def read(self, request: FimRequest, *, is_first: bool) -> AsyncGenerator[Json, None]:
        """The engine's events from where `request` stands; none that is the last where the two part.

        Args:
            request: It continues the suggestion as far as that has come.
            is_first: The engine was asked for this request, and its `deadline_ms` is kept there.

        Raises:
            CairnError: The engine refused, or died of it.
        """
        clock = _Clock(is_remembered=not is_first)
        reason, limit_ms = _limit(request, is_first=is_first)
        end_s = asyncio.get_running_loop().time() + limit_ms / 1e3 if limit_ms else None
        num_given = 0
        with self._reading(request):
            while not self._is_over:
                rest = self._suggestion.rest(request)
                if rest is None:
                    return
                clock.saw(rest)
                if request.early_ms and (line := first_line(rest)) is not None:
                    yield clock.last(line, "early")
                    return
                if not request.early_ms and len(rest) > num_given:
                    yield {"text": rest[num_given:]}
                    num_given = len(rest)
                elif not await self._next(end_s):
                    yield clock.last(rest[num_given:], reason)
                    return
            if not self._last:
                self.task.result()  # raises what ended it
            rest = self._suggestion.text if is_first else self._suggestion.rest(request)
            if rest is None:
                return
            last = self._last if is_first else clock.last("", self._last["finish_reason"])
            yield last | {"text": rest[num_given:]}

    @property
    def _is_over(self) -> bool:
        return bool(self._last) or self.task.done()

    async def _take_in(self, events: AsyncIterator[Json]) -> None:
        async for event in events:
            self._suggestion.text += event["text"]
            if "finish_reason" in event:
                self._suggestion.finish_reason = event["finish_reason"]
                self._last = event
            self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _next(self, end_s: float | None) -> bool:
        """Wait for the next event; False when it does not come before `end_s`."""
        changed = self._changed
        try:
            async with asyncio.timeout_at(end_s):
                await changed.wait()
        except TimeoutError:
            return False
        return True

    @contextlib.contextmanager
    def _reading(self, request: FimRequest) -> Generator[None]:
        """Nobody pays for an answer that no one reads, unless it was asked for early, to be read further later."""
        self._goes_on |= request.early_ms > 0
        self._num_readers += 1
        try:
            yield
        finally:
            self._num_readers -= 1
            if not self._num_readers and not self._goes_on and not self._is_over:
                self._on_left()
                self.task.cancel()


class _Clock:
    """What an answer cost that the engine did not give, or has not finished giving."""

    def __init__(self, *, is_remembered: bool) -> None:
        self._is_remembered = is_remembered
        self._started_s = time.perf_counter()
        self._ttft_ms = 0.0

    def saw(self, text: str) -> None:
        """There is text; the first time counts."""
        if text and not self._ttft_ms:
            self._ttft_ms = 1e3 * (time.perf_counter() - self._started_s)

    def last(self, text: str, reason: FinishReason) -> Json:
        """The event that ends the answer."""
        self.saw(text)
        timings = Timings(
            num_prompt_tokens=0,
            num_cached_tokens=0,
            num_completion_tokens=0,
            ttft_ms=round(self._ttft_ms, 3),
            decode_tokens_per_s=0.0,
            is_remembered=self._is_remembered,
        )
        return {"text": text, "finish_reason": reason, "timings": encode(timings)}


async def _remembered(known: Suggestion, request: FimRequest) -> AsyncGenerator[Json, None]:
    """The rest of a whole suggestion."""
    clock = _Clock(is_remembered=True)
    rest = known.rest(request)
    assert rest is not None
    assert known.finish_reason is not None
    yield clock.last(rest, known.finish_reason)


def _limit(request: FimRequest, *, is_first: bool) -> tuple[FinishReason, int]:
    """Why and after how many ms the answer is what there is by then; 0: no limit."""
    if request.early_ms:
        return "early", request.early_ms
    return "deadline", 0 if is_first else request.deadline_ms
