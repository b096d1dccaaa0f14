"""What a file operation refuses, and how a failed one is told in two lines."""

import contextlib
import errno
from collections.abc import Generator

from assistant.errors import CairnError


class WorkspaceError(CairnError):
    """A file of the workspace cannot be read, or was not written; nothing was changed by halves."""


_REASONS = {
    errno.ELOOP: ("goes through a link", "name the file that the link leads to"),
    errno.EXDEV: ("leads out of the workspace", "files outside of the project's folder are never touched"),
    errno.ENOTDIR: ("goes through something that is no folder", "check the path"),
    errno.ENOENT: ("is not there", "check the path"),
    errno.EACCES: ("is not yours to open", "check its permissions"),
    errno.EISDIR: ("is a folder", "name a file in it"),
    errno.ENOSPC: ("does not fit on the disk", "free some space; the file is as it was"),
    errno.EDQUOT: ("does not fit into your quota", "free some space; the file is as it was"),
    errno.EROFS: ("lies on a file system that is read-only", "nothing was written"),
    errno.ENAMETOOLONG: ("is too long a name", "choose a shorter one"),
}


@contextlib.contextmanager
def told(path: str) -> Generator[None]:
    """Turn a system's error about `path` into a `WorkspaceError`."""
    try:
        yield
    except OSError as error:
        what, hint = _REASONS.get(error.errno or 0, (f"failed: {error.strerror or error}", "the file is as it was"))
        raise WorkspaceError(f"{path} {what}", hint=hint) from error
