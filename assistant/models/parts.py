"""Downloads that were begun: `partial/SHA256.part`, and beside it a small file that says what it is to become.

They lie within the folder of the models, so that a whole one gets its name by a rename. What the hub sent and is not
what it had promised is set aside as `SHA256.wrong`: it never gets a model's name.
"""

import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from filelock import FileLock, Timeout

from assistant import paths
from assistant.errors import InputError
from assistant.models.record import is_sha256
from assistant.protocol import decode

MAX_TICKET_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a part is to become."""

    name: str
    """Of the model."""
    file: str
    """Within the repository."""
    url: str
    commit: str
    sha256: str
    num_bytes: int
    etag: str = ""
    """As the storage said it at the first answer; another one later means another file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file that has come in part."""

    ticket: Ticket
    path: Path
    num_bytes: int
    """That are here."""

    @property
    def share(self) -> float:
        """Of the whole file, from 0 to 1."""
        return min(1.0, self.num_bytes / self.ticket.num_bytes)


def folder() -> Path:
    """Where parts lie."""
    return paths.models_dir() / "partial"


def part_path(sha256: str) -> Path:
    """The file that grows."""
    return folder() / f"{sha256}.part"


def wrong_path(sha256: str) -> Path:
    """Where bytes are set aside that are not what was promised."""
    return folder() / f"{sha256}.wrong"


@contextmanager
def held(sha256: str) -> Generator[bool]:
    """Whether this file is ours until the block is left: one process downloads or removes it at a time."""
    lock = FileLock(folder() / f"{sha256}.lock", mode=0o600)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def write_ticket(ticket: Ticket) -> None:
    """Note what a part is to become, in one step. Raises `OSError`."""
    path = _ticket_path(ticket.sha256)
    beside = path.with_name(f"{path.name}.partial-{os.getpid()}")
    try:
        beside.write_text(json.dumps(asdict(ticket), indent=1) + "\n", encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def list_parts() -> list[Part]:
    """What has come in part, by name."""
    found = [_read_part(path) for path in sorted(folder().glob("*.part"))]
    return sorted((part for part in found if part), key=lambda part: (part.ticket.name, part.ticket.file))


def find_part(sha256: str) -> Part | None:
    """What has come of one file."""
    return _read_part(part_path(sha256))


def remove_part(sha256: str) -> int:
    """Remove all that is there of one file; how many bytes that were. 0 where a running download holds it."""
    with held(sha256) as is_ours:
        files = [part_path(sha256), wrong_path(sha256), _ticket_path(sha256)] if is_ours else []
        num_bytes = sum(file.stat().st_size for file in files[:2] if file.is_file())
        for file in files:
            file.unlink(missing_ok=True)
    if files:
        (folder() / f"{sha256}.lock").unlink(missing_ok=True)
    return num_bytes


def leftovers() -> dict[str, int]:
    """By sha256, the bytes of everything that lies here: parts, and what was set aside."""
    found: dict[str, int] = {}
    for path in folder().glob("*"):
        sha256 = path.name.partition(".")[0]
        if is_sha256(sha256) and path.suffix in (".part", ".wrong") and path.is_file():
            found[sha256] = found.get(sha256, 0) + path.stat().st_size
    return found


def _ticket_path(sha256: str) -> Path:
    return folder() / f"{sha256}.json"


def _read_part(path: Path) -> Part | None:
    ticket_path = _ticket_path(path.stem)
    try:
        text = ticket_path.read_bytes() if ticket_path.stat().st_size <= MAX_TICKET_BYTES else b""
        fields: Any = json.loads(text)
        ticket = decode(cast(dict[str, Any], fields) if isinstance(fields, dict) else {}, Ticket)
        num_bytes = path.stat().st_size
    except (OSError, ValueError, RecursionError, InputError):
        return None
    return Part(ticket=ticket, path=path, num_bytes=num_bytes) if ticket.num_bytes > 0 else None
