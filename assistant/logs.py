"""`cairn logs`: what the daemon and its engine wrote. Native code and model files have a say in it: it is sanitised."""

import io
import os
import time
from collections import deque
from collections.abc import Callable, Generator
from pathlib import Path

from assistant.sanitize import sanitize

POLL_S = 0.25


def tail(file: Path, num_lines: int) -> list[str]:
    """The last lines, of the older file beside it as well if this one was begun lately."""
    last: deque[str] = deque(maxlen=num_lines)
    for part in (file.with_name(f"{file.name}.1"), file):
        if part.is_file():
            with part.open(encoding="utf-8", errors="replace", newline="\n") as stream:
                last.extend(sanitize(line.rstrip("\n")) for line in stream)
    return list(last)


def follow(file: Path, wait: Callable[[], None] = lambda: time.sleep(POLL_S)) -> Generator[str]:
    """Lines as they come from now on, whole ones only, across the change to a new file; for ever.

    Args:
        file: It need not be there yet.
        wait: Called whenever there is nothing new.
    """
    stream, begun = _open(file), b""
    if stream:
        stream.seek(0, io.SEEK_END)
    try:
        while True:
            begun += stream.read() if stream else b""
            *lines, begun = begun.split(b"\n")
            yield from (sanitize(line.decode("utf-8", "replace")) for line in lines)
            if not lines:
                wait()
                if _is_another(file, stream):
                    begun += _rest(stream)
                    stream = _open(file)
    finally:
        _rest(stream)


def _rest(stream: io.BufferedReader | None) -> bytes:
    """What was written before the change to another file; it is closed."""
    if stream is None:
        return b""
    with stream:
        return stream.read()


def _open(file: Path) -> io.BufferedReader | None:
    try:
        return file.open("rb")
    except FileNotFoundError:
        return None


def _is_another(file: Path, stream: io.BufferedReader | None) -> bool:
    """Whether the name stands for another file by now, or for the same one begun anew."""
    try:
        now = file.stat()
    except FileNotFoundError:
        return False
    if stream is None:
        return True
    return not os.path.samestat(now, os.fstat(stream.fileno())) or now.st_size < stream.tell()
