"""Opening what lies beneath a folder, and nothing else: the kernel walks the path, so no race can lead it elsewhere.

Descriptors are pinned: once a folder was opened, whatever is put in its place later is not what is written into.

Source: openat2(2), renameat2(2), linux/openat2.h.
"""

import contextlib
import errno
import functools
import os
import struct
from collections.abc import Generator

from assistant.lockdown.kernel import syscall

OPENAT2 = 437
RENAMEAT2 = {"x86_64": 316, "aarch64": 276}
NO_REPLACE, EXCHANGE = 1, 2
RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH = 0x02, 0x04, 0x08
_RESOLVE = RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NUM_TRIES = 16
"""The kernel asks for another try when a folder is moved while it walks."""


def open_beneath(folder: int, path: str, flags: int) -> int:
    """Open `path`, relative, from the descriptor `folder`; no part of it may be a link. The descriptor is the caller's.

    Raises:
        OSError: As `open`; ELOOP for a link, EXDEV for a path that leads out of the folder.
    """
    if has_openat2():
        return _by_kernel(folder, path, flags | os.O_CLOEXEC)
    return _by_walking(folder, path, flags | os.O_CLOEXEC)


@contextlib.contextmanager
def folder_beneath(folder: int, path: str) -> Generator[int]:
    """The descriptor of a folder beneath another, "" being the folder itself; closed at the end. Raises `OSError`."""
    opened = open_beneath(folder, path or ".", _FOLDER)
    try:
        yield opened
    finally:
        os.close(opened)


@functools.cache
def has_openat2() -> bool:
    """Whether this kernel has the call and no container's rules forbid it."""
    root = os.open("/", _FOLDER)
    try:
        os.close(_by_kernel(root, ".", _FOLDER))
    except OSError:
        return False
    finally:
        os.close(root)
    return True


def _by_kernel(folder: int, path: str, flags: int) -> int:
    how = struct.pack("=QQQ", flags, 0, _RESOLVE)
    for _ in range(_NUM_TRIES):
        try:
            return syscall(OPENAT2, folder, os.fsencode(path), how, len(how))
        except OSError as error:
            if error.errno != errno.EAGAIN:
                raise
    raise OSError(errno.EAGAIN, "the folders above it are being moved")


def _by_walking(folder: int, path: str, flags: int) -> int:
    """Part by part, each opened in the one before it and none of them a link: what kernels before 5.6 can do."""
    *folders, name = path.split("/")
    if os.pardir in (*folders, name) or path.startswith("/"):
        raise OSError(errno.EXDEV, "outside")
    here = os.dup(folder)
    try:
        for each in folders:
            below = os.open(each, _FOLDER | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = below
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=here)
    finally:
        os.close(here)


def exchange(folder: int, one: str, other: str) -> None:
    """Let two names in a folder change places, in one step. Raises `OSError`: EINVAL where a file system cannot."""
    _rename(folder, one, other, EXCHANGE)


def rename_to_new(folder: int, old: str, new: str) -> None:
    """Rename within a folder unless the new name is taken. Raises `FileExistsError`, `OSError`."""
    _rename(folder, old, new, NO_REPLACE)


def _rename(folder: int, one: str, other: str, flags: int) -> None:
    number = RENAMEAT2.get(os.uname().machine)
    if number is None:
        raise OSError(errno.ENOSYS, f"no renameat2 on {os.uname().machine}")
    syscall(number, folder, os.fsencode(one), folder, os.fsencode(other), flags)
