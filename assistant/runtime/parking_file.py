"""Parked sequences on disk, so that they outlive the engine.

The engine may open nothing once it is locked down: the file is opened before, and then only read and written. It is a
header and records one after the other; what is torn, foreign or overwritten fails its checksum and is not there.
"""

import ast
import fcntl
import hashlib
import os
import stat
import struct
from array import array
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

HEADER = struct.Struct("<8s32s")
"""Magic; digest of the key."""
MAGIC = b"CAIRNKV1"
RECORD = struct.Struct("<IIQI")
"""Bytes of tokens, weights and state; checksum of the state. Then the tokens, the weights, a checksum; the state."""

CHECKSUM_BYTES = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record lies, in bytes from the beginning of the file."""

    start: int
    state: int
    stop: int
    checksum: int


class ParkingFile:
    """States in a file of bounded size. When it is full, writing starts over at its beginning.

    Args:
        descriptor: Open for reading and writing.
        key: What makes a state usable: the identity of the model file and the parameters of the context.
        max_bytes: The file never grows beyond it.
    """

    def __init__(self, descriptor: int, key: bytes, max_bytes: int) -> None:
        self._descriptor = descriptor
        self._header = HEADER.pack(MAGIC, hashlib.sha256(key).digest())
        self._max_bytes = max_bytes
        self._end = HEADER.size

    def load(self) -> list[tuple[list[int], Hashable, Place]]:
        """Tokens, weights and place of each record; the states stay where they are."""
        found: list[tuple[list[int], Hashable, Place]] = []
        if os.pread(self._descriptor, HEADER.size, 0) == self._header:
            while record := self._record(self._end):
                found.append(record)
                self._end = record[2].stop
        return found

    def append(self, tokens: list[int], weights: Hashable, state: bytes) -> Place | None:
        """Write a record, over older ones where the file is full. None when it does not fit, or the disk refuses.

        `weights` is made of strings, numbers and tuples.
        """
        names, label = array("i", tokens).tobytes(), repr(weights).encode()
        size = RECORD.size + len(names) + len(label) + CHECKSUM_BYTES
        start = self._end if self._end + size + len(state) <= self._max_bytes else HEADER.size
        place = Place(start, start + size, start + size + len(state), crc32(state))
        if place.stop > self._max_bytes:
            return None
        body = RECORD.pack(len(names), len(label), len(state), place.checksum) + names + label
        try:
            self._write(0, self._header)
            self._write(start, body + self._checksum(body))
            self._write(place.state, state)
        except OSError:  # the disk is full: what is there stays usable
            return None
        self._end = place.stop
        return place

    def read(self, place: Place) -> bytes | None:
        """The state of a record; None when it is not what was written."""
        state = os.pread(self._descriptor, place.stop - place.state, place.state)
        return state if len(state) == place.stop - place.state and crc32(state) == place.checksum else None

    def _record(self, start: int) -> tuple[list[int], Hashable, Place] | None:
        head = os.pread(self._descriptor, RECORD.size, start)
        if len(head) < RECORD.size:
            return None
        num_names, num_label, num_state, checksum = RECORD.unpack(head)
        end = start + RECORD.size + num_names + num_label
        place = Place(start, end + CHECKSUM_BYTES, end + CHECKSUM_BYTES + num_state, checksum)
        if place.stop > os.lseek(self._descriptor, 0, os.SEEK_END):
            return None
        body = os.pread(self._descriptor, end - start, start)
        if os.pread(self._descriptor, CHECKSUM_BYTES, end) != self._checksum(body):
            return None
        label = body[RECORD.size + num_names :].decode()
        return array("i", body[RECORD.size : RECORD.size + num_names]).tolist(), ast.literal_eval(label), place

    def _checksum(self, body: bytes) -> bytes:
        """Of other keys' records it is another one."""
        return crc32(body, crc32(self._header)).to_bytes(CHECKSUM_BYTES, "little")

    def _write(self, position: int, data: bytes) -> None:
        os.lseek(self._descriptor, position, os.SEEK_SET)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]


def open_private(path: Path) -> int:
    """A descriptor for a `ParkingFile`: ours alone, and no other engine's while it is open.

    Raises:
        OSError: It cannot be opened, is somebody else's or not a plain file, or another engine has it.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
            raise PermissionError(f"{path} is not a file of our own")
        os.fchmod(descriptor, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
