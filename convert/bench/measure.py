"""Runs a program alone and measures it: wall time, and the peak of its memory as the system counted it.

A program starts its life as a copy of the process that starts it, and the system counts that copy's peak too. So a
small launcher stands between: below its 10 MB nothing is seen, whatever this process holds.
"""

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import InputError

_LAUNCHER = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
started = time.perf_counter()
program = os.posix_spawnp(
    sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)], setsigdef=[signal.SIGINT]
)
_, status, usage = os.wait4(program, 0)
print(time.perf_counter() - started, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
"""
"""Ctrl-C reaches the program and not the launcher, which ends when the program has cleaned up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One program from its start to its end."""

    elapsed_s: float
    peak_rss_bytes: int


def measure(command: Sequence[str], *, inputs: Iterable[Path] = ()) -> Measured:
    """Run a program to its end.

    Args:
        command: The program and its arguments.
        inputs: Files it reads: they are dropped from the cache first, so that it starts from the disk.

    Raises:
        InputError: It cannot be started, or it failed; the message ends with the last lines it wrote.
    """
    os.sync()  # what the run before left to write is not this one's to pay
    for path in inputs:
        _drop_from_cache(path)
    with tempfile.TemporaryFile() as log:
        elapsed_s, peak_kib, code = _launch(command, log.fileno()) or ("0", "0", "1")
        if code != "0":
            log.seek(-min(log.seek(0, os.SEEK_END), 2000), os.SEEK_END)
            tail = " | ".join(log.read().decode(errors="replace").strip().splitlines()[-2:])
            raise InputError(f"{Path(command[0]).name} failed: {tail}", hint=f"run it alone: {shlex.join(command)}")
    return Measured(elapsed_s=round(float(elapsed_s), 3), peak_rss_bytes=int(peak_kib) * 1024)


def _launch(command: Sequence[str], log: int) -> list[str]:
    """Return seconds, peak in KiB and exit code as the launcher wrote them; nothing if the program never started."""
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, *command]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}  # llama.cpp's converter loads a library that may call home
    with subprocess.Popen(  # noqa: S603
        launcher, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=environment, text=True
    ) as process:
        try:
            return process.communicate()[0].split()
        finally:
            process.wait()


def _drop_from_cache(path: Path) -> None:
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
