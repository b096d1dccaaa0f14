"""One file takes the place of another in a folder, in one step, and only if the other is what it was thought to be.

New content is written beside the file, under a name that the journal knows, and made durable before the two change
places. What comes out is looked at once more: if somebody wrote into the file meanwhile it goes back.
"""

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Generator
from dataclasses import dataclass

from assistant.workspace.beneath import exchange, open_beneath, rename_to_new
from assistant.workspace.refusals import WorkspaceError
from assistant.workspace.text import MAX_BYTES

ABSENT = ""
"""The hash of a file that is not there."""
_LOOK = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
_CANNOT = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)
_COPIED_MODE = 0o777
"""Not set-user-ID and its kin: a model's text does not run as somebody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """What shall become of one file."""

    name: str
    """Within its folder."""
    temporary: str
    """The name beside it that is used meanwhile; if it is there after a crash, `clear` knows what to do."""
    before: str
    """Hash of the file that is there; `ABSENT`: none is."""
    after: str
    content: bytes | None
    """None: it is deleted."""

    def make(self, folder: int) -> None:
        """Do it, durably.

        Raises:
            WorkspaceError: The file is not what it was thought to be, or is none that may be replaced.
            OSError: The system refused. In both cases the file is as it was.
        """
        if self.content is None:
            rename_to_new(folder, self.name, self.temporary)
        else:
            try:
                self._write_beside(folder, self.content)
                self._take_place(folder)
            except BaseException:
                self._remove_temporary(folder)
                raise
        is_expected = hash_of(folder, self.temporary) in (self.before, ABSENT)
        if not is_expected:
            self._put_back(folder)
        self._remove_temporary(folder)
        os.fsync(folder)
        if not is_expected:
            raise _changed(self.name)

    def clear(self, folder: int) -> None:
        """Remove what a process that was killed has left; a file of somebody else's that it had moved goes back."""
        beside = hash_of(folder, self.temporary)
        if beside == ABSENT:
            return
        if hash_of(folder, self.name) == self.after and beside not in (self.before, self.after):
            self._put_back(folder)
        self._remove_temporary(folder)

    def _remove_temporary(self, folder: int) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.temporary, dir_fd=folder)

    def _write_beside(self, folder: int, content: bytes) -> None:
        new = os.open(self.temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666, dir_fd=folder)
        try:
            with open(new, "wb", closefd=False) as file:
                file.write(content)
            if self.before != ABSENT:
                with opened(folder, self.name) as old:
                    _look_alike(old, new)
            os.fsync(new)
        finally:
            os.close(new)

    def _take_place(self, folder: int) -> None:
        if self.before == ABSENT:
            rename_to_new(folder, self.temporary, self.name)
            return
        try:
            exchange(folder, self.temporary, self.name)
        except OSError as error:
            if error.errno not in _CANNOT:
                raise
            if hash_of(folder, self.name) != self.before:  # a file system without the call: as near as one comes
                raise _changed(self.name) from error
            os.replace(self.temporary, self.name, src_dir_fd=folder, dst_dir_fd=folder)

    def _put_back(self, folder: int) -> None:
        if self.content is None:
            rename_to_new(folder, self.temporary, self.name)
        else:
            exchange(folder, self.temporary, self.name)


@contextlib.contextmanager
def opened(folder: int, path: str) -> Generator[int]:
    """A regular file of one name beneath `folder`, to be read.

    Raises:
        WorkspaceError: It is no regular file, or has other names, under which it would stay as it was.
        OSError: It cannot be opened, or there is a link on the way.
    """
    descriptor = open_beneath(folder, path, _LOOK)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise WorkspaceError(f"{path} is no regular file", hint="name a file")
        yield descriptor
    finally:
        os.close(descriptor)


def read(descriptor: int) -> bytes:
    """A file's bytes; of a large one so many that it is seen to be too large."""
    with open(descriptor, "rb", closefd=False) as file:
        return file.read(MAX_BYTES + 1)


def hash_of(folder: int, path: str) -> str:
    """The hash of a file's bytes; `ABSENT` where none is, another that fits no file where it is something else."""
    try:
        with opened(folder, path) as descriptor:
            return digest(read(descriptor))
    except FileNotFoundError:
        return ABSENT
    except (OSError, WorkspaceError):
        return "not a file"


def digest(content: bytes | None) -> str:
    """SHA-256, in hexadecimal digits; `ABSENT` of None."""
    return ABSENT if content is None else hashlib.sha256(content).hexdigest()


def check_replaceable(descriptor: int, path: str) -> None:
    """Raise `WorkspaceError` where replacing a file would do more than change its text."""
    status = os.fstat(descriptor)
    if status.st_nlink > 1:
        raise WorkspaceError(f"{path} has other names (hard links)", hint="edit it by other means")
    if not status.st_mode & 0o222:
        raise WorkspaceError(f"{path} is read-only", hint="make it writable first, if it may be changed")


def _look_alike(old: int, new: int) -> None:
    """Give the new file the old one's mode, owner and extended attributes."""
    status, ours = os.fstat(old), os.fstat(new)
    if (status.st_uid, status.st_gid) != (ours.st_uid, ours.st_gid):
        os.fchown(new, status.st_uid, status.st_gid)
    os.fchmod(new, status.st_mode & _COPIED_MODE)
    with contextlib.suppress(OSError):  # what only the system may set, or this file system has none of
        for name in os.listxattr(old):
            os.setxattr(new, name, os.getxattr(old, name))


def _changed(name: str) -> WorkspaceError:
    return WorkspaceError(f"{name} has changed meanwhile", hint="nothing was written; apply again")
