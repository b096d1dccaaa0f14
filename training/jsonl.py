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
        file.truncate(_whole_bytes(file))
        file.seek(0, os.SEEK_END)
        file.writelines(json.dumps(row).encode() + b"\n" for row in rows)
        file.flush()
        os.fsync(file.fileno())


def _whole_bytes(file: BinaryIO) -> int:
    """Where the last whole row ends. Read from the end: rows are appended to files of gigabytes."""
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        start = max(0, end - _BLOCK_BYTES)
        file.seek(start)
        newline = file.read(end - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0
