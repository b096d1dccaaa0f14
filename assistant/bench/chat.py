"""`cairn bench chat`: how a streaming answer loads the screen below a long transcript, beside Textual's own widgets."""

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from assistant.bench.chat_child import Job, Result
from assistant.bench.keystrokes import Progress
from assistant.bench.sheet import Sheet

_ROWS, _COLUMNS = 40, 100
_PATIENCE_S = 1200.0
_TARGETS = "wanted at 50 tokens/s: p95 < 50 ms, CPU < 35 %; idle: CPU < 1 %"


def jobs(*, num_lines: int, rates: Sequence[float], seconds: float, num_messages: int) -> list[Job]:
    """Both ways at every rate, then ours idle and with many messages."""
    ways = ("Cairn", "MarkdownStream")
    streamed = [Job(way=way, num_lines=num_lines, tokens_per_s=rate, seconds=seconds) for rate in rates for way in ways]
    idle = Job(way="Cairn", num_lines=num_lines, seconds=seconds)
    return [*streamed, idle, Job(way="Cairn", num_lines=0, num_messages=num_messages)]


def measure_all(wanted: Sequence[Job], progress: Progress) -> list[tuple[Job, Result]]:
    """Do one job after the other. Raises `RuntimeError` where one fails."""
    done: list[tuple[Job, Result]] = []
    for number, job in enumerate(wanted):
        progress(f"{job.way}, {_what(job)}", number, len(wanted))
        done.append((job, _on_a_terminal(job)))
    return done


def _on_a_terminal(job: Job) -> Result:
    """Run the job in a process that has a terminal, which takes what is drawn and shows it to nobody."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
    environ = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        command = [sys.executable, "-m", "assistant.bench.chat_child", json.dumps(asdict(job)), str(result)]
        process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ)  # noqa: S603
        os.close(theirs)
        drawn = deque[bytes](maxlen=4)
        threading.Thread(target=_drain, args=(ours, drawn), daemon=True).start()
        try:
            if process.wait(_PATIENCE_S):
                raise RuntimeError(b"".join(drawn).decode("utf-8", "replace"))
        finally:
            process.kill()
        found = json.loads(result.read_text())
        return Result(**found | {"memory_mb": tuple(found["memory_mb"])})


def _drain(terminal: int, drawn: deque[bytes]) -> None:
    with suppress(OSError):  # its other side was closed
        while piece := os.read(terminal, 65536):
            drawn.append(piece)
    os.close(terminal)


def _what(job: Job) -> str:
    if job.num_messages:
        return f"{job.num_messages} messages"
    return f"{job.tokens_per_s:.0f}/s" if job.tokens_per_s else "idle"


def sheets(done: Iterable[tuple[Job, Result]]) -> list[Sheet]:
    """Screen, then memory."""
    rows = [(job, result) for job, result in done if not job.num_messages]
    screen = Sheet(
        f"A transcript of {rows[0][0].num_lines} lines ({_TARGETS})",
        ("", "asked", "shown/s", "all", "CPU %", "stall p50 ms", "p95 ms", "max ms"),
        tuple(
            (
                job.way,
                _what(job),
                result.tokens_per_s or None,
                "yes" if result.is_complete else "no",
                result.cpu_percent,
                result.stall_p50_ms,
                result.stall_p95_ms,
                result.stall_max_ms,
            )
            for job, result in rows
        ),
    )
    many = [(job, result) for job, result in done if job.num_messages]
    memory = Sheet(
        "Resident memory while messages stream",
        ("", "all shown", "after 10 % MB", "50 % MB", "100 % MB"),
        tuple(
            (_what(job), "yes" if result.is_complete else "no", *(result.memory_mb[tenth] for tenth in (0, 4, 9)))
            for job, result in many
        ),
    )
    return [screen, memory]
