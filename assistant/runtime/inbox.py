"""The engine's reading thread: lines from the daemon become jobs, while the other thread decodes."""

import json
from typing import Any, BinaryIO

from assistant.errors import CairnError, InputError
from assistant.protocol import (
    AdapterScales,
    ChatRequest,
    DetokenizeRequest,
    FimRequest,
    Json,
    TextRequest,
    TokenizeRequest,
    decode,
    encode,
)
from assistant.runtime.adapters import Adapters
from assistant.runtime.engine import Engine
from assistant.runtime.jobs import Emit
from assistant.runtime.llama import Vocab
from assistant.runtime.requests import JobFactory
from assistant.runtime.tokens import detokenize, tokenize


class Inbox:
    """Acts on the daemon's lines."""

    def __init__(self, engine: Engine, factory: JobFactory, vocab: Vocab, adapters: Adapters, emit: Emit) -> None:
        self._engine = engine
        self._factory = factory
        self._vocab = vocab
        self._adapters = adapters
        self._emit = emit

    def read(self, lines: BinaryIO) -> None:
        """Act on lines until the daemon closes the pipe, or dies. An engine without its reader ends."""
        try:
            for line in lines:
                message = json.loads(line)
                try:
                    self._take(message["id"], message["op"], message["request"])
                except CairnError as error:
                    is_input = isinstance(error, InputError)
                    event = {"error": str(error), "hint": error.hint, "is_input": is_input}
                    self._emit({"id": message["id"]} | event)
        finally:
            self._engine.close()

    def _take(self, job_id: int, op: str, request: Any) -> None:
        match op:
            case "fim":
                self._engine.submit(self._factory.fim(job_id, decode(request, FimRequest)))
            case "chat":
                self._engine.submit(self._factory.chat(job_id, decode(request, ChatRequest)))
            case "text":
                self._engine.submit(self._factory.text(job_id, decode(request, TextRequest)))
            case "cancel":
                self._engine.cancel(job_id, request["reason"] if request else "cancelled")
            case _:
                self._emit({"id": job_id} | self._answer(op, request))

    def _answer(self, op: str, request: Any) -> Json:
        match op:
            case "tokenize":
                return tokenize(self._vocab, decode(request, TokenizeRequest))
            case "detokenize":
                return detokenize(self._vocab, decode(request, DetokenizeRequest))
            case "lay_out":
                return encode(self._factory.lay_out(decode(request, FimRequest)))
            case "lay_out_chat":
                return encode(self._factory.lay_out_chat(decode(request, ChatRequest)))
            case "adapters":
                return self._adapters.listed()
            case "set_adapters":
                return self._adapters.scale(decode(request, AdapterScales).scales)
            case _:
                return self._state()

    def _state(self) -> Json:
        """The engine as it is now; read while the other thread works, so figures may be a step apart."""
        engine = self._engine
        return {
            "slots": [encode(slot) for slot in engine.slots()],
            "num_queued": engine.num_queued,
            "num_cells": engine.num_cells,
            "num_used_cells": engine.store.num_used_cells,
            "parked_bytes": engine.store.parked_bytes,
            "engine_step_us": round(1e6 * engine.meter.step_s, 1),
            "engine_decode_us": round(1e6 * engine.meter.decode_s, 1),
        }
