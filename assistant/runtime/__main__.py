"""The engine process: requests come in on stdin, events go out on stdout, one JSON object a line.

In:  {"id": 1, "op": "fim" | "chat" | "text", "request": {…}}; "tokenize", "detokenize", "adapters", "set_adapters" and
     "slots" are answered by one event; "cancel" has {"reason": …} as its request, or null
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

from assistant.errors import CairnError
from assistant.lockdown import Profile, Report, die_with_parent, lock_down
from assistant.protocol import Json, decode
from assistant.runtime.adapters import Adapters
from assistant.runtime.context import Context
from assistant.runtime.draft_model import DraftModel
from assistant.runtime.engine import Engine
from assistant.runtime.heartbeat import start_heartbeat
from assistant.runtime.inbox import Inbox
from assistant.runtime.llama import Model, can_use_gpu, quiet_logs
from assistant.runtime.options import EngineOptions
from assistant.runtime.parking import Parking
from assistant.runtime.parking_file import ParkingFile, open_private
from assistant.runtime.requests import JobFactory

NUM_SEQUENCES = 16
NUM_BATCH = 2048
MAX_LOG_BYTES = 1 << 30
"""A loaded model needs no file. The log, stderr, is the only one that is always open: it may get so long."""
IDENTITY_BYTES = 1 << 20
"""So much of a model's beginning, with its size and time, tells it from others: KV entries are of one model."""

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


def main(path: Path, options: EngineOptions) -> None:
    """Load the model, lock down, say so, and serve until stdin ends."""
    die_with_parent()
    quiet_logs()
    sys.setswitchinterval(5e-4)  # a thread that waits for the interpreter waits half a millisecond, not five
    pipe = Pipe(os.fdopen(os.dup(sys.stdout.fileno()), "wb"))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a native library prints must not land among the events
    try:
        model = Model(path)
        context = Context(
            model,
            num_cells=options.context_tokens,
            num_sequences=NUM_SEQUENCES,
            num_batch=min(NUM_BATCH, options.context_tokens),
            threads=options.threads,
        )
        draft_model = None
        if options.draft_model:
            draft_model = DraftModel(Path(options.draft_model), model, context, threads=options.threads)
    except CairnError as error:
        pipe.emit({"error": str(error), "hint": error.hint})
        return
    adapters = Adapters(model, Path(options.adapters))
    engine = Engine(
        context,
        model.vocab.stop_ids,
        pipe.emit,
        num_sequences=NUM_SEQUENCES,
        parking=open_parking(path, options),
        use_weights=lambda weights: context.use_adapters(adapters.handles(weights)),
    )
    factory = JobFactory(
        model,
        context,
        adapters,
        window_tokens=options.window_tokens,
        cost_s=engine.decode_cost_s,
        draft_model=draft_model,
    )
    rights = give_up_rights(Path(options.adapters), max(MAX_LOG_BYTES, options.parking_file_bytes))
    pipe.emit({"ready": describe(model, factory) | {"lock_down": str(rights)}})
    inbox = Inbox(engine, factory, model.vocab, adapters, pipe.emit)
    start_heartbeat(pipe.emit, lambda: engine.num_steps)
    threading.Thread(target=inbox.read, args=(sys.stdin.buffer,), daemon=True).start()
    engine.run()


def open_parking(path: Path, options: EngineOptions) -> Parking | None:
    """Where conversations are kept that the cache has no room for. A file that cannot be had is done without."""
    if not options.parking_bytes:
        return None
    if not options.parking_file:
        return Parking(options.parking_bytes)
    with path.open("rb") as model:
        status = os.fstat(model.fileno())
        key = repr((model.read(IDENTITY_BYTES), status.st_size, status.st_mtime_ns, options.context_tokens))
    try:
        descriptor = open_private(Path(options.parking_file))
    except OSError as error:
        print(f"warning: {options.parking_file} cannot be used: {error}", file=sys.stderr, flush=True)
        return Parking(options.parking_bytes)
    return Parking(options.parking_bytes, ParkingFile(descriptor, key.encode(), options.parking_file_bytes))


def describe(model: Model, factory: JobFactory) -> Json:
    """What the daemon may tell of the model."""
    form = model.fim
    return {
        "model": model.name,
        "context_tokens": factory.limit_tokens,
        "fim_marks": [mark.token for mark in (form.prefix, form.suffix, form.middle)] if form else [],
        "num_slots": NUM_SEQUENCES,
        "chat_template": model.chat_template,
        "bos_token": model.vocab.bos_text,
        "eos_token": model.vocab.eos_text,
    }


def give_up_rights(adapters: Path, max_file_bytes: int = MAX_LOG_BYTES) -> Report:
    """Nothing that a model file or a request makes of this process may reach the user's files or the network.

    The folder of adapters stays readable, if there is one.
    """
    for name in LATE_IMPORTS:
        importlib.import_module(name)
    readable = (adapters,) if adapters.is_dir() else ()
    if can_use_gpu():
        report = Report(applied=(), missing=("everything (what a GPU driver needs of the kernel is not known yet)",))
    else:
        report = lock_down(Profile(readable=readable, max_file_bytes=max_file_bytes))
    if report.missing:
        print(f"warning: the engine is locked down by {report}", file=sys.stderr, flush=True)
    return report


if __name__ == "__main__":
    main(Path(sys.argv[1]), decode(json.loads(sys.argv[2]), EngineOptions))
