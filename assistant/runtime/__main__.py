"""The engine process: requests come in on stdin, events go out on stdout, one JSON object a line.

In:  {"id": 1, "op": "fim" | "chat" | "text", "request": {…}}; "tokenize" and "detokenize" are answered by one event;
     with "cancel" or "slots" the request is null
Out: {"ready": {…}} once, then {"id": 1, "text": "…"} and, last, {"id": 1, "text", "finish_reason", "timings"} or
     {"id": 1, "error", "hint"}, with "is_input" where another request would have been answered;
     {"beat": 1, "steps": 7} every second.

Once the model is loaded, and before the first request is read, the process locks itself down.
"""

import importlib
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO

from assistant.errors import CairnError, InputError
from assistant.lockdown import Profile, Report, die_with_parent, lock_down
from assistant.protocol import (
    ChatRequest,
    DetokenizeRequest,
    FimRequest,
    Json,
    TextRequest,
    TokenizeRequest,
    decode,
    encode,
)
from assistant.runtime.engine import Engine
from assistant.runtime.heartbeat import start_heartbeat
from assistant.runtime.llama import Context, Model, Vocab, can_use_gpu, quiet_logs
from assistant.runtime.requests import JobFactory
from assistant.runtime.tokens import detokenize, tokenize

NUM_SEQUENCES = 16
NUM_BATCH = 2048
PROFILE = Profile(max_file_bytes=1 << 30)
"""A loaded model needs no file. The log, stderr, is the only one that is open, and this is how long it may get."""

LATE_IMPORTS = ("encodings.unicode_escape", "jinja2.debug")
"""Jinja loads them at the first string of a template and at its first error; by then no file can be opened."""


class Pipe:
    """Writes events for the daemon; both threads may."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def emit(self, event: dict[str, Any]) -> None:
        """Send one event."""
        line = json.dumps(event, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            self._stream.write(line)
            self._stream.flush()


def main(path: Path, context_tokens: int, threads: int) -> None:
    """Load the model, lock down, say so, and serve until stdin ends."""
    die_with_parent()
    quiet_logs()
    pipe = Pipe(os.fdopen(os.dup(sys.stdout.fileno()), "wb"))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a native library prints must not land among the events
    try:
        model = Model(path)
        context = Context(
            model,
            num_cells=context_tokens,
            num_sequences=NUM_SEQUENCES,
            num_batch=min(NUM_BATCH, context_tokens),
            threads=threads,
        )
    except CairnError as error:
        pipe.emit({"error": str(error), "hint": error.hint})
        return
    engine = Engine(context, model.vocab.end_ids, pipe.emit, num_sequences=NUM_SEQUENCES)
    factory = JobFactory(model, context)
    pipe.emit({"ready": describe(model, factory) | {"lock_down": str(give_up_rights())}})
    start_heartbeat(pipe.emit, lambda: engine.num_steps)
    threading.Thread(target=read, args=(engine, factory, model.vocab, pipe), daemon=True).start()
    engine.run()


def describe(model: Model, factory: JobFactory) -> Json:
    """What the daemon may tell of the model."""
    return {
        "model": model.name,
        "context_tokens": factory.limit_tokens,
        "can_fim": model.fim is not None,
        "num_slots": NUM_SEQUENCES,
        "chat_template": model.chat_template,
        "bos_token": model.vocab.bos_text,
        "eos_token": model.vocab.eos_text,
    }


def give_up_rights() -> Report:
    """Nothing that a model file or a request makes of this process may reach the user's files or the network."""
    for name in LATE_IMPORTS:
        importlib.import_module(name)
    if can_use_gpu():
        report = Report(applied=(), missing=("everything (what a GPU driver needs of the kernel is not known yet)",))
    else:
        report = lock_down(PROFILE)
    if report.missing:
        print(f"warning: the engine is locked down by {report}", file=sys.stderr, flush=True)
    return report


def read(engine: Engine, factory: JobFactory, vocab: Vocab, pipe: Pipe) -> None:
    """Turn lines into jobs until the daemon closes the pipe, or dies. An engine without its reader ends."""
    try:
        for line in sys.stdin.buffer:
            message = json.loads(line)
            try:
                take(engine, factory, vocab, pipe, message)
            except CairnError as error:
                is_input = isinstance(error, InputError)
                pipe.emit({"id": message["id"], "error": str(error), "hint": error.hint, "is_input": is_input})
    finally:
        engine.close()


def take(engine: Engine, factory: JobFactory, vocab: Vocab, pipe: Pipe, message: dict[str, Any]) -> None:
    """Act on one line."""
    job_id, request = message["id"], message["request"]
    match message["op"]:
        case "fim":
            engine.submit(factory.fim(job_id, decode(request, FimRequest)))
        case "chat":
            engine.submit(factory.chat(job_id, decode(request, ChatRequest)))
        case "text":
            engine.submit(factory.text(job_id, decode(request, TextRequest)))
        case "tokenize":
            pipe.emit({"id": job_id} | tokenize(vocab, decode(request, TokenizeRequest)))
        case "detokenize":
            pipe.emit({"id": job_id} | detokenize(vocab, decode(request, DetokenizeRequest)))
        case "cancel":
            engine.cancel(job_id)
        case _:
            pipe.emit(
                {"id": job_id, "slots": [encode(slot) for slot in engine.slots()], "num_queued": engine.num_queued}
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
