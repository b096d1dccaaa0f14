"""The worker that runs model-written programs, one forked child each. Run as a script, apart from everything else.

Reads one job a line on stdin, writes one line on stdout. It computes and never judges: expected results are not here.
A child has limits on time, memory and files, its own session, and is locked down: it may read Python's own library, and
write into the pipe its results go through. Where the kernel has no seccomp nothing runs.
"""

import json
import os
import resource
import select
import signal
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))  # the interpreter was started without site-packages

from assistant.lockdown import Profile, lock_down

LIBRARY = tuple(Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib"))
OUTPUT_LIMIT_BYTES = 1 << 20
MEMORY_LIMIT_BYTES = 512 << 20
MAX_DEPTH = 50


def canonical(value: Any, depth: int = 0) -> object:
    """JSON that tells the exact built-in types apart; anything else, a subclass too, is only named."""
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    kind = type(value)  # pyright: ignore[reportUnknownVariableType]
    if value is None or kind in (bool, int, str):
        return value
    if kind is float:
        return {"float": value.hex()}
    if kind is list:
        return [canonical(each, depth + 1) for each in value]
    if kind is tuple:
        return {"tuple": [canonical(each, depth + 1) for each in value]}
    if kind in (set, frozenset):
        return {kind.__name__: sorted((canonical(each, depth + 1) for each in value), key=json.dumps)}
    if kind is dict:
        pairs = [[canonical(key, depth + 1), canonical(each, depth + 1)] for key, each in value.items()]
        return {"dict": sorted(pairs, key=json.dumps)}
    return {"other": kind.__name__[:80]}


def limit(cpu_s: int) -> None:
    """Bound this process for good."""
    for which, value in (
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_AS, MEMORY_LIMIT_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 16),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(which, (value, value))


def run_program(job: dict[str, Any], emit: Callable[[object], None]) -> None:
    """Compile, define, call; emit what happened, one line each."""
    try:
        code = compile(job["program"], "<program>", "exec")
    except (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError):
        emit({"compile_error": True})
        return
    namespace: dict[str, Any] = {"__name__": "program"}
    try:
        exec(code, namespace)  # noqa: S102 - running the program is what this process is for
        function = namespace["__name__" if job["statements"] else job["entry_point"]]
    except BaseException as error:  # whatever a program raises is its result
        emit({"error": type(error).__name__[:80]})
        return
    for statement in job["statements"]:
        try:
            exec(statement, namespace)  # noqa: S102 - as above
            emit({"passed": True})
        except BaseException as error:  # whatever a program raises is its result
            emit({"error": type(error).__name__[:80]})
    for arguments in job["inputs"]:
        try:
            emit({"value": canonical(function(*arguments))})
        except BaseException as error:  # whatever a program raises is its result
            emit({"error": type(error).__name__[:80]})


def child(job: dict[str, Any], results: int, folder: str) -> None:
    """Never returns. The first line says that the fence stands; without it there is no verdict."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.chdir(folder)
    limit(job["cpu_s"])
    if "seccomp" not in lock_down(Profile(readable=LIBRARY, max_file_bytes=0)).applied:
        os._exit(1)

    def emit(line: object) -> None:
        data = (json.dumps(line) + "\n").encode()
        while data:
            data = data[os.write(results, data) :]

    emit({"ready": True})
    run_program(job, emit)
    os._exit(0)


def collect(pid: int, source: int, deadline: float) -> tuple[bytes, bool]:
    """Read until the child closes its pipe, says too much, or runs out of time; then end it and all it started."""
    data, late = bytearray(), False
    while len(data) < OUTPUT_LIMIT_BYTES:
        ready, _, _ = select.select([source], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            late = True
            break
        piece = os.read(source, 65536)
        if not piece:
            break
        data += piece
    for end in (os.killpg, os.kill):
        try:
            end(pid, signal.SIGKILL)
        except OSError:  # it has ended by itself, or has not yet made its own group
            continue
    os.waitpid(pid, 0)
    return bytes(data), late


def serve() -> None:
    """One job a line until stdin closes."""
    with tempfile.TemporaryDirectory() as folder:
        for line in sys.stdin:
            job = json.loads(line)
            source, results = os.pipe()
            pid = os.fork()
            if pid == 0:
                os.close(source)
                child(job, results, folder)
            os.close(results)
            data, late = collect(pid, source, time.monotonic() + job["wall_s"])
            os.close(source)
            print(json.dumps({"output": data.decode("utf-8", "replace"), "late": late}), flush=True)


if __name__ == "__main__":
    serve()
