"""A model file, opened once: what was checked is what is loaded, whatever happens to its name meanwhile."""

import os
import stat
from pathlib import Path

from assistant.errors import ModelFileError
from assistant.models.card import ModelCard, describe
from assistant.models.gguf import GgufFile, read_open_gguf


class OpenModel:
    """A checked model file and the descriptor it was checked on. The owner closes it.

    Replacing the file by a rename does not touch it; writing into it or cutting it off does, and `has_changed` says so.

    Raises:
        ModelFileError: The file is missing, no regular file, or `read_gguf` or `describe` refuses it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor = _open(path)
        try:
            self._identity = _identity(self.descriptor)
            with open(self.descriptor, "rb", closefd=False) as file:
                self.header: GgufFile = read_open_gguf(file, path)
            self.card: ModelCard = describe(self.header)
        except BaseException:
            self.close()
            raise

    @property
    def path_in_child(self) -> str:
        """The very same file, for a child process that inherits the descriptor."""
        return f"/proc/self/fd/{self.descriptor}"

    def has_changed(self) -> bool:
        """Whether the file has been written to, or cut off, since it was opened."""
        return _identity(self.descriptor) != self._identity

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self.descriptor)


def _open(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a named pipe must not make us wait
    except OSError as error:
        raise ModelFileError(f"cannot open {path}: {error.strerror}", hint="check the path and its rights") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ModelFileError(f"{path} is no regular file", hint="give the path of a GGUF file")
    return descriptor


def _identity(descriptor: int) -> tuple[int, int, int, int]:
    """Device, inode, size in bytes, time of the last change in nanoseconds."""
    info = os.fstat(descriptor)
    return info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns
