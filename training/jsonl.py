"""Append-only JSONL, the form of every stage's rows. A torn last line, left by a kill, is as if never written."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

_BLOCK_BYTES = 1 << 16


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The whole rows of a file; none where there is no file."""
    if not path.exists():
        return []
    whole, _, _ = path.read_bytes().rpartition(b"\n")
    return [json.loads(line) for line in whole.splitlines()]


def append_rows(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Add rows behind the last whole one, and see them to the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    with path.open("r+b") as file:
        file.truncate(_end_of_whole_rows(file))
        file.seek(0, os.SEEK_END)
        file.writelines(json.dumps(row).encode() + b"\n" for row in rows)
        file.flush()
        os.fsync(file.fileno())


def _end_of_whole_rows(file: BinaryIO) -> int:
    """Read from the end: a stage appends thousands of times to a file of any size."""
    end = file.seek(0, os.SEEK_END)
    while end:
        begin = max(0, end - _BLOCK_BYTES)
        file.seek(begin)
        if found := file.read(end - begin).rfind(b"\n") + 1:
            return begin + found
        end = begin
    return 0
