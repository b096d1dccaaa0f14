"""What a folder's .gitignore and .cairnignore files, and git's own exclude file, keep out."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from assistant.respect.patterns import Pattern, last_match, read_patterns

_NAMES = (".gitignore", ".cairnignore")  # in this order: the second may let in again what the first keeps out
_LONGEST = 1_000_000
"""Bytes; what a longer file says behind them is not read."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A file of patterns, as it was when it had this modification time and size; (0, 0) if there is none."""

    stamp: tuple[int, int]
    patterns: list[Pattern]


class IgnoreFiles:
    """The files of patterns from a root downwards, and upwards to the folder of its git repository."""

    def __init__(self, root: str) -> None:
        """Remember where to look. `root` has no links in it; a folder that is no repository is its own top."""
        self.top = _top(root)
        self._exclude = os.path.join(_git_folder(self.top), "info", "exclude")
        self._files: dict[str, _Read] = {}
        self._checked: dict[str, list[Pattern]] = {}
        self._folders: dict[str, str | None] = {}

    def recheck(self) -> None:
        """Look again, at the next question, whether files of patterns have changed."""
        self._checked, self._folders = {}, {}

    def reason(self, path: str, *, is_folder: bool) -> str | None:
        """Say which line keeps a path out; None: no one does. `path` is absolute, below the top, without links.

        As in git, what lies in a folder that is kept out cannot be let in again.
        """
        parents: list[str] = []
        folder = os.path.dirname(path)
        while len(folder) > len(self.top) and folder not in self._folders:
            parents.append(folder)
            folder = os.path.dirname(folder)
        reason = self._folders.get(folder)
        for parent in reversed(parents):
            reason = self._folders[parent] = reason or self._own_reason(parent, is_folder=True)
        return reason or self._own_reason(path, is_folder=is_folder)

    def _own_reason(self, path: str, *, is_folder: bool) -> str | None:
        """Ask the files of patterns of all folders above, nearest first, about this path alone."""
        folder = os.path.dirname(path)
        while True:
            relative = os.fsencode(path[len(folder.rstrip("/")) + 1 :])
            for file in reversed([os.path.join(folder, name) for name in _NAMES]):
                if match := last_match(self._patterns(file), relative, is_folder=is_folder):
                    return _said(match, file)
            if len(folder) <= len(self.top):
                break
            folder = os.path.dirname(folder)
        match = last_match(self._patterns(self._exclude), relative, is_folder=is_folder)
        return _said(match, self._exclude) if match else None

    def _patterns(self, file: str) -> list[Pattern]:
        """Return the patterns of a file, read again when it has changed."""
        patterns = self._checked.get(file)
        if patterns is None:
            stamp = _stamp(file)
            known = self._files.get(file)
            if stamp == (0, 0):
                known = _Read(stamp, [])  # most folders have none, so it is not kept
                self._files.pop(file, None)
            elif known is None or known.stamp != stamp:
                known = self._files[file] = _Read(stamp, read_patterns(_head(file)))
            patterns = self._checked[file] = known.patterns
        return patterns


def _said(match: Pattern, file: str) -> str | None:
    return None if match.is_negated else f"{os.path.basename(file)} says {match.line}"


def _stamp(file: str) -> tuple[int, int]:
    try:
        status = os.stat(file, follow_symlinks=False)  # git does not follow them either
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size) if stat.S_ISREG(status.st_mode) else (0, 0)


def _head(file: str) -> bytes:
    try:
        with open(file, "rb") as opened:
            return opened.read(_LONGEST)
    except OSError:
        return b""


def _top(root: str) -> str:
    """Return the folder of the repository that `root` is in, or itself."""
    for folder in (Path(root), *Path(root).parents):
        if (folder / ".git").exists():
            return str(folder)
    return root


def _git_folder(top: str) -> str:
    """Return where git keeps `info/exclude`: elsewhere if `.git` is a file, as in worktrees and submodules."""
    dot_git = os.path.join(top, ".git")
    if not os.path.isfile(dot_git):
        return dot_git
    pointed = os.path.join(top, os.fsdecode(_head(dot_git).removeprefix(b"gitdir:").strip()))
    common = os.fsdecode(_head(os.path.join(pointed, "commondir")).strip())
    return os.path.join(pointed, common)
