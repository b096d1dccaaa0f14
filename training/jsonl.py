"""Append-only JSONL, the form of every stage's rows. A torn last line, left by a kill, is as if never written."""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The whole rows of a file; none where there is no file."""
    return list(iterate_rows(path))


def iterate_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The whole rows of a file one by one, for files that are too large to hold."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield json.loads(line)


def append_rows(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Add rows behind the last whole one, and see them to the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    with path.open("r+b") as file:
        _cut_torn_line(file)
        file.writelines(json.dumps(row).encode() + b"\n" for row in rows)
        file.flush()
        os.fsync(file.fileno())


def _cut_torn_line(file: IO[bytes]) -> None:
    """Leave the file at its end, which follows a whole row. Most files end so: only one byte of them is read."""
    if not file.seek(0, os.SEEK_END):
        return
    file.seek(-1, os.SEEK_END)
    if file.read(1) != b"\n":
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
        file.seek(0, os.SEEK_END)
