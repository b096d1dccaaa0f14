"""The daemon's end of the engine process: start it, speak to it, survive it. Never imports llama.cpp."""

import asyncio
import contextlib
import itertools
import json
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from pathlib import Path
from typing import Any, Literal

from assistant.errors import EngineError, InputError, ModelFileError
from assistant.models.memory import check_memory
from assistant.models.opened import OpenModel
from assistant.protocol import Json, encode
from assistant.runtime.child import Child, EngineDiedError, Patience
from assistant.runtime.options import EngineOptions
from assistant.runtime.restarts import Quarantine, Restarts
from assistant.runtime.said import OtherWordsError, Said

REPEATABLE = frozenset(("fim", "lay_out", "lay_out_chat", "slots", "tokenize", "detokenize"))
"""Asked again on a new engine where the old one died; `slots` and its like have one event, completions many."""
CANCEL_TIMEOUT_S = 1.0
LONGEST_ANSWER_S = 600.0
"""An engine whose memory is wanted for another model may end its answers first."""

State = Literal["unloaded", "loading", "ready", "failed"]


class EngineProcess:
    """One model in one expendable child. A crash costs the requests it was working on, nothing else.

    Args:
        model: A GGUF file.
        options: How it computes.
        unload_s: The child ends when nobody has asked for so long; the next request starts it again.
        niceness: Of the child, as nice(1) counts.
    """

    def __init__(
        self,
        model: Path,
        options: EngineOptions,
        *,
        unload_s: float = math.inf,
        patience: Patience = Patience(),  # noqa: B008 (frozen)
        niceness: int = 0,
    ) -> None:
        self.model = model
        self.ready: Json = {}
        """What the engine said of its model when it had loaded it last."""
        self.make_room: Callable[[OpenModel], Awaitable[None]] = _has_room
        """Hears of a model before it is loaded."""
        self._options = options
        self._niceness = niceness
        self._unload_s = unload_s
        self._patience = patience
        self._child: Child | None = None
        self._file: OpenModel | None = None
        self._turn = asyncio.Lock()
        """Held by whoever changes the child."""
        self._loading: asyncio.Task[None] | None = None
        self._is_closed = False
        self._ids = itertools.count(1)
        self._restarts = Restarts(window_s=patience.death_window_s)
        self._quarantine = Quarantine()
        self._suspects = asyncio.Lock()
        """Suspects run one at a time: the next death then says which one it was."""
        self._num_used = 0
        self._unload_timer: asyncio.TimerHandle | None = None
        self._unloading: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Of the child; None while there is none."""
        return self._child.pid if self._child and self._child.is_alive else None

    @property
    def file(self) -> OpenModel | None:
        """The model that is loaded."""
        return self._file

    @property
    def context_tokens(self) -> int:
        """Of its KV cache."""
        return self._options.context_tokens

    @property
    def state(self) -> State:
        """`failed`: it died too often; requests are refused until a pause has passed."""
        if self.pid is not None:
            return "ready"
        if self._turn.locked():
            return "loading"
        return "failed" if self._restarts.has_failed else "unloaded"

    async def start(self) -> None:
        """Start the child unless it runs, and wait until its model is loaded.

        Whoever leaves meanwhile does not end the loading; those who wait for it share its error.

        Raises:
            EngineError: The model cannot be loaded, or the engine died too often.
        """
        if self._usable() is None:
            if self._loading is None or self._loading.done():
                self._loading = asyncio.create_task(self._load())
                self._loading.add_done_callback(_retrieve)
            await asyncio.shield(self._loading)

    async def stream(self, op: str, request: Any = None) -> AsyncGenerator[Json]:
        """Send a request and yield its events. Closing the iterator early cancels the request in the engine.

        After `deadline_ms` of the request the engine is told to answer with what there is.

        Raises:
            InputError: The engine cannot do what was asked: too long, or not for this model.
            EngineError: The engine failed, died of it, or has died of it twice before.
        """
        message: Json | None = encode(request) if request is not None else None
        body = json.dumps(message)
        key = hash((op, body)) if message else 0
        deadline_ms: int = message.get("deadline_ms", 0) if message else 0
        deadline_s = time.monotonic() + deadline_ms / 1e3 if deadline_ms else math.inf
        said = Said()
        death: EngineDiedError | None = None
        with self._in_use(op):
            for is_last in (op not in REPEATABLE, True):
                self._quarantine.check(key)
                try:
                    async with self._apart(key), contextlib.aclosing(self._events(op, body, deadline_s)) as events:
                        async for event in said.news(events):
                            yield event
                    self._quarantine.note_answer(key)
                    return
                except EngineDiedError as error:
                    if key and error.is_crash:
                        self._quarantine.note_death(key)
                    if is_last:
                        raise
                    death = error
                    said.start_over()
                except OtherWordsError:  # it was drawn by chance, or a near-tie fell otherwise
                    assert death
                    raise death from None

    async def slots(self) -> Json:
        """The engine's sequences, and how many requests wait for one. Being looked at loads no model again."""
        if self.pid is None and self.ready:
            return {"slots": [{"num_tokens": 0, "is_busy": False}] * self.ready["num_slots"], "num_queued": 0}
        return await self.ask("slots")

    async def ask(self, op: str, request: Any = None) -> Json:
        """Send a request that one event answers. Raises as `stream`."""
        async with contextlib.aclosing(self.stream(op, request)) as events:
            async for event in events:
                return event
        raise AssertionError("the engine answers every message")

    async def switch(self, model: Path) -> None:
        """Serve another model from now on. Running requests get a few seconds to end; new ones wait for the new model.

        Raises:
            ModelFileError: It is broken, or cannot fit into memory.
            EngineError: llama.cpp cannot load it. Either way the old one is served again.
        """
        async with self._turn:
            OpenModel(model).close()  # refuse what is broken before anything is given up
            await self._drain()
            await self._retire()
            old, self.model = self.model, model
            self._restarts = Restarts(window_s=self._patience.death_window_s)  # those deaths were another model's
            try:
                await self._start_child()
            except BaseException:
                self.model = old
                raise

    async def put_away(self) -> None:
        """Give the model's memory back once what runs has ended; one that is being changed is left alone."""
        if not self._turn.locked():
            async with self._turn:
                if self._child is not None and self._child.is_alive:
                    await self._child.becomes_idle(LONGEST_ANSWER_S)
                await self._retire()

    async def close(self) -> None:
        """End the child, for good."""
        self._is_closed = True
        if self._unload_timer is not None:
            self._unload_timer.cancel()
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.wait([self._loading])
        async with self._turn:
            await self._retire()

    def _usable(self) -> Child | None:
        """The child, unless there is none or somebody is changing it."""
        return self._child if self._is_sound() and not self._turn.locked() else None

    def _is_sound(self) -> bool:
        """Whether the child lives, and computes with the weights that were checked."""
        is_alive = self._child is not None and self._child.is_alive
        return is_alive and self._file is not None and not self._file.has_changed()

    async def _load(self) -> None:
        async with self._turn:
            if self._is_closed:
                raise EngineError("the daemon is ending", hint="run the command again; it starts a new one")
            if self._is_sound():
                return
            await self._retire()
            self._restarts.check()
            await asyncio.sleep(self._restarts.pause_s())
            try:
                await self._start_child()
            except ModelFileError as error:
                raise EngineError(str(error), hint=error.hint) from error

    async def _start_child(self) -> None:
        file = OpenModel(self.model)
        arguments = (file.path_in_child, json.dumps(encode(self._options)))
        try:
            await self.make_room(file)
            check_memory(file, self._options.context_tokens)
            child = await Child.start(
                arguments,
                file,
                patience=self._patience,
                on_crash=self._restarts.note_death,
                niceness=self._niceness,
            )
        except EngineError as error:
            file.close()
            why = str(error).replace(file.path_in_child, str(self.model))
            self._restarts.note_death(why)
            raise EngineError(why, hint=error.hint) from error
        except BaseException:
            file.close()
            raise
        self._file, self._child = file, child
        self.ready = child.ready | {"model": file.card.name or self.model.stem, "file_type": file.card.file_type}
        self._set_unload_timer()

    async def _retire(self) -> None:
        child, self._child = self._child, None
        file, self._file = self._file, None
        if child is not None:
            await child.close()
        if file is not None:
            file.close()

    async def _drain(self) -> None:
        if self._child is not None and self._child.is_alive:
            await self._child.becomes_idle(self._patience.drain_s)
            self._child.cancel_all()
            await self._child.becomes_idle(CANCEL_TIMEOUT_S)

    async def _events(self, op: str, body: str, deadline_s: float) -> AsyncGenerator[Json]:
        """One try: the events of a request, the last one included."""
        while (child := self._usable()) is None:
            await self.start()
        job_id = next(self._ids)
        is_done = False
        with child.request(job_id, op, body) as events, _at(deadline_s, lambda: child.cancel(job_id, "deadline")):
            try:
                while not is_done:
                    event = await events.get()
                    is_done = "text" not in event or "finish_reason" in event
                    if "error" in event:
                        raise _error(event)
                    yield event
            finally:
                if not is_done:
                    child.cancel(job_id, "cancelled")

    def _apart(self, key: int) -> contextlib.AbstractAsyncContextManager[None]:
        return self._suspects if self._quarantine.is_suspect(key) else contextlib.nullcontext()

    @contextlib.contextmanager
    def _in_use(self, op: str) -> Generator[None]:
        """Keep the model loaded; being looked at is not being used."""
        is_use = op != "slots"
        self._num_used += is_use
        try:
            yield
        finally:
            self._num_used -= is_use
            if is_use:
                self._set_unload_timer()

    def _set_unload_timer(self) -> None:
        if self._unload_timer is not None:
            self._unload_timer.cancel()
        if not self._num_used and not self._is_closed and self._unload_s < math.inf:
            self._unload_timer = asyncio.get_running_loop().call_later(self._unload_s, self._start_unloading)

    def _start_unloading(self) -> None:
        self._unloading = asyncio.create_task(self._unload())

    async def _unload(self) -> None:
        async with self._turn:
            if not self._num_used:
                await self._retire()


@contextlib.contextmanager
def _at(time_s: float, act: Callable[[], None]) -> Generator[None]:
    """Call `act` at a time of the monotonic clock, unless the block has been left by then."""
    if time_s == math.inf:
        yield
        return
    timer = asyncio.get_running_loop().call_later(max(0.0, time_s - time.monotonic()), act)
    try:
        yield
    finally:
        timer.cancel()


def _error(event: Json) -> EngineError | InputError:
    if event.get("has_died"):
        return EngineDiedError(event["error"], hint=event["hint"], is_crash=event["is_crash"])
    kind = InputError if event.get("is_input") else EngineError
    return kind(event["error"], hint=event["hint"])


async def _has_room(_file: OpenModel) -> None:
    """Where there is one engine nobody else's memory can be had."""


def _retrieve(task: asyncio.Task[None]) -> None:
    """Where nobody waits any more for a loading model, nobody needs to hear of its error."""
    if not task.cancelled():
        task.exception()
