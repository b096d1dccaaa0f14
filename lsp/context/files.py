"""The files of a workspace that are worth reading, newest first, and their texts. Links are never followed."""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.respect import Respect, language_of, without_secrets

LARGEST_BYTES = 1_000_000
"""A longer file is data, or was written by a program."""
_MOST_ENTRIES = 200_000
"""Entries of folders that are looked at; a workspace that has more is a home folder or a disk."""
_LONGEST_LINE = 2_000
"""Characters; people do not write longer ones."""
_USUAL_LINE = 200
"""Characters; the mean of what people write is far below."""
_BINARY_WITHIN = 8_192
_VENDORED = frozenset(
    [
        *("node_modules", "bower_components", "jspm_packages", "vendor", "third_party", "site-packages", "__pycache__"),
        *("target", "dist", "htmlcov", "Pods", "Carthage", "DerivedData", "elm-stuff"),
    ]
)
"""Folders of other people's or generated code. Those that begin with a dot are left out, too, but .github."""
_MARKS = ("pyvenv.cfg", "CACHEDIR.TAG", "CMakeCache.txt")
"""A folder that holds one of these was made by a program."""
_GENERATED = (
    ".min.js",
    ".min.css",
    ".bundle.js",
    "-lock.json",
    "-lock.yaml",
    "_pb2.py",
    ".pb.go",
    ".g.dart",
    ".designer.cs",
)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that may be read."""

    path: Path
    modified: float
    """Seconds since 1970."""
    n_bytes: int


def find_files(
    roots: Sequence[Path],
    respect: Respect,
    *,
    most_files: int = 20_000,
    most_bytes: int = 300_000_000,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> list[FoundFile]:
    """Return the files of a workspace that are worth reading: source text that nobody keeps out, newest first.

    Args:
        roots: Folders to look in; what cannot be looked in is left out.
        respect: What is kept out.
        most_files: The newest so many are returned.
        most_bytes: And of these, so many bytes.
        is_cancelled: Asked now and then; True ends the walk with what it has.
    """
    found: dict[Path, FoundFile] = {}
    for n, entry in enumerate(_entries(roots, respect)):
        if n >= _MOST_ENTRIES or is_cancelled():
            break
        if (file := _worth_reading(entry, respect)) is not None:
            found[file.path] = file
    newest = sorted(found.values(), key=lambda file: (-file.modified, file.path))[:most_files]
    n_bytes = 0
    for n, file in enumerate(newest):
        n_bytes += file.n_bytes
        if n_bytes > most_bytes:
            return newest[:n]
    return newest


def read_text(path: Path) -> str | None:
    """Read a file for the index, without the secrets in it; None: it is gone, no file, binary or not people's writing.

    A pipe or device of that name is not opened for reading, nor a link followed.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as opened:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            content = opened.read(LARGEST_BYTES + 1)
    except (OSError, ValueError):
        return None
    if len(content) > LARGEST_BYTES or b"\0" in content[:_BINARY_WITHIN]:
        return None
    return worth_indexing(content.decode("utf-8", "replace"))


def worth_indexing(text: str) -> str | None:
    """Return a text without the secrets in it; None if it is not people's writing: too long, or has very long lines."""
    lines = text.splitlines()
    n_filled = sum(1 for line in lines if line)
    if len(text) > LARGEST_BYTES or len(text) > _USUAL_LINE * n_filled + _LONGEST_LINE:
        return None
    if any(len(line) > _LONGEST_LINE for line in lines):
        return None
    return without_secrets(text)


def _entries(roots: Sequence[Path], respect: Respect) -> Iterator[os.DirEntry[str]]:
    """Walk over what is not a folder, and not in one that is kept out."""
    folders = [os.path.realpath(root) for root in roots]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if not entry.is_dir(follow_symlinks=False):
                        yield entry
                    elif _is_own(entry) and respect.refusal_to_read(Path(entry.path), is_folder=True) is None:
                        folders.append(entry.path)
        except OSError:
            continue  # gone, or not ours to read


def _is_own(folder: os.DirEntry[str]) -> bool:
    if folder.name in _VENDORED or (folder.name.startswith(".") and folder.name != ".github"):
        return False
    return not any(os.path.exists(os.path.join(folder.path, mark)) for mark in _MARKS)


def _worth_reading(entry: os.DirEntry[str], respect: Respect) -> FoundFile | None:
    path = Path(entry.path)
    if not language_of(path) or entry.name.endswith(_GENERATED):
        return None
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    is_usual = stat.S_ISREG(status.st_mode) and 0 < status.st_size <= LARGEST_BYTES
    if not is_usual or respect.refusal_to_read(path) is not None:
        return None
    return FoundFile(path, status.st_mtime, status.st_size)
