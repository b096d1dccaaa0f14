"""A GGUF file on its way: it grows under another name, can be taken up again, and appears only when it is whole.

Beside `m.gguf.partial` lies a journal, a line for every piece that was written: position, size, checksum. A run that
was killed is continued by the next one with the same plan, which checks every piece before it believes in it.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import stat
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from assistant.errors import InputError
from assistant.models.gguf import read_gguf
from convert.gguf_writer import Layout

PARTIAL = ".partial"
JOURNAL = ".partial.journal"
MAX_JOURNAL_BYTES = 64 << 20
_READ_BYTES = 16 << 20


class PartialFile:
    """The open file: pieces may be written in any order, from several threads."""

    def __init__(self, descriptor: int, journal: int, layout: Layout, written: dict[int, int]) -> None:
        self.layout = layout
        self.sha256 = ""
        """Of the whole file, read back from the disk; known when `writing` has ended."""
        self._descriptor = descriptor
        self._journal = journal
        self._written = written

    def has(self, position: int, num_bytes: int) -> bool:
        """Tell whether an earlier run wrote this piece, and it is still what it wrote."""
        return self._written.get(position) == num_bytes

    def write(self, position: int, piece: memoryview) -> None:
        """Write a piece at its place and note it in the journal.

        Raises:
            InputError: The disk does not take it.
        """
        line = f"{position} {len(piece)} {zlib.crc32(piece):08x}\n".encode()
        with _writing_errors("the disk"):
            _write_all(self._descriptor, position, piece)
            os.write(self._journal, line)  # one call on an O_APPEND file: lines of threads do not mix

    def write_header(self, header: bytes) -> None:
        """Write the first bytes, last: until then the file is no GGUF."""
        assert len(header) == len(self.layout.header)
        _write_all(self._descriptor, 0, memoryview(header))


@contextmanager
def writing(path: Path, layout: Layout, *, identity: str) -> Generator[PartialFile]:
    """Open the file that will be `path`; its space is claimed at once.

    At the end it is flushed to the disk, read back with the strict reader and renamed. An error removes it. Ctrl-C and
    `kill -9` leave it, with its journal, for the next run of the same `identity`; `path` stays as it was.

    Args:
        path: The final name.
        layout: The planned file.
        identity: Says what the bytes will be: the same plan from the same source. Another one starts anew.

    Raises:
        InputError: The folder cannot be written, the disk is too small, or another process writes the same file.
        ModelFileError: What was written does not read back.
    """
    partial, journal = path.with_name(path.name + PARTIAL), path.with_name(path.name + JOURNAL)
    descriptor = _open_locked(partial)
    ours = [partial]
    try:
        lines = _open(journal, os.O_RDWR | os.O_APPEND)
        ours.append(journal)
        try:
            file = PartialFile(descriptor, lines, layout, _take_up(descriptor, lines, identity))
            _reserve(descriptor, layout, path.parent)
            yield file
        finally:
            os.close(lines)
        with _writing_errors(path.parent):
            os.fsync(descriptor)
            _check_written(partial, layout)
            file.sha256 = _sha256(descriptor)
            partial.replace(path)
            journal.unlink()
            _sync_folder(path.parent)
    except Exception:
        for each in ours:
            each.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def write_small(path: Path, data: bytes) -> None:
    """Write a small file that appears only when it is whole, and replaces what was there.

    Raises:
        InputError: The folder cannot be written.
    """
    partial = path.with_name(path.name + PARTIAL)
    descriptor = _open(partial, os.O_WRONLY | os.O_TRUNC)
    try:
        with _writing_errors(path.parent):
            _write_all(descriptor, 0, memoryview(data))
            os.fsync(descriptor)
            partial.replace(path)
            _sync_folder(path.parent)
    except InputError:
        partial.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def _open_locked(partial: Path) -> int:
    """Open the partial file, new or old, and hold it for this process alone."""
    descriptor = _open(partial, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not partial.exists() or os.fstat(descriptor).st_ino != partial.stat().st_ino:
            raise BlockingIOError  # its owner has just finished
    except BlockingIOError as error:
        os.close(descriptor)
        raise InputError(f"another process is writing {partial.name}", hint="wait for it, or end it") from error
    return descriptor


def _open(path: Path, flags: int) -> int:
    with _writing_errors(path.parent):
        descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InputError(f"{path} is not a plain file", hint="remove it")
    return descriptor


def _take_up(descriptor: int, journal: int, identity: str) -> dict[int, int]:
    """Return the pieces an earlier run wrote that are still what it wrote, by position; another plan starts anew."""
    first = f"cairn {hashlib.sha256(identity.encode()).hexdigest()}\n".encode()
    lines = os.pread(journal, MAX_JOURNAL_BYTES, 0).splitlines(keepends=True)
    if lines and lines[0] == first:
        return dict(found for line in lines[1:] if (found := _checked_piece(descriptor, line)))
    with _writing_errors("the disk"):
        os.ftruncate(descriptor, 0)
        os.ftruncate(journal, 0)
        os.write(journal, first)
    return {}


def _checked_piece(descriptor: int, line: bytes) -> tuple[int, int] | None:
    """Return position and size of a journalled piece if the file still holds it."""
    try:
        position, num_bytes, checksum = (int(word, base) for word, base in zip(line.split(), (10, 10, 16), strict=True))
    except ValueError:
        return None  # the line that was being written
    found, at, end = 0, position, position + num_bytes
    if not 0 <= at <= end <= os.fstat(descriptor).st_size:
        return None
    while at < end:
        piece = os.pread(descriptor, min(_READ_BYTES, end - at), at)
        if not piece:
            return None
        found, at = zlib.crc32(piece, found), at + len(piece)
    return (position, num_bytes) if found == checksum else None


def _reserve(descriptor: int, layout: Layout, folder: Path) -> None:
    """Claim the space now, so that a full disk shows before the work and not after it."""
    claimed_bytes = os.fstat(descriptor).st_blocks * 512
    check_free_space(folder, layout.num_bytes - claimed_bytes)
    with _writing_errors(folder):
        os.posix_fallocate(descriptor, 0, layout.num_bytes)


@contextmanager
def _writing_errors(place: Path | str) -> Generator[None]:
    """Say what the system said in two lines: a full disk, a limit, a folder without rights."""
    try:
        yield
    except OSError as error:
        hint = "remove the link" if error.errno == errno.ELOOP else "choose another folder or disk"
        raise InputError(f"cannot write to {place}: {error.strerror}", hint=hint) from error


def check_free_space(folder: Path, num_bytes: int) -> None:
    """Refuse to begin what the disk cannot hold.

    Raises:
        InputError: The disk of `folder` has less than `num_bytes` free.
    """
    free_bytes = shutil.disk_usage(folder).free
    if num_bytes > free_bytes:
        raise InputError(
            f"{num_bytes / 1e9:.2f} GB are needed, {folder} has {free_bytes / 1e9:.2f} GB free",
            hint="free some space, or choose another disk",
        )


def _write_all(descriptor: int, position: int, piece: memoryview) -> None:
    while piece:
        written = os.pwrite(descriptor, piece, position)
        piece, position = piece[written:], position + written


def _check_written(path: Path, layout: Layout) -> None:
    found = read_gguf(path)
    assert found.tensors == layout.tensors
    assert found.data_offset == len(layout.header)
    assert found.num_bytes == layout.num_bytes


def _sha256(descriptor: int) -> str:
    digest, position = hashlib.sha256(), 0
    while slab := os.pread(descriptor, _READ_BYTES, position):
        digest.update(slab)
        position += len(slab)
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
