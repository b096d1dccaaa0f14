"""The paths of a project's files, to choose from: as git knows them, else by a walk that leaves out what is ignored.

Git is asked in a repository that a stranger may have made: none of the programs that its configuration names is run.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from assistant.respect import Respect

MAX_PATHS = 50_000
_MAX_ENTRIES = 200_000
_GIT_S = 10.0
_GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false")
_LIST = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
_LEFT_OUT = (".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv")


def project_root(folder: Path) -> Path:
    """The folder of the repository that `folder` is in, or itself."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)


def project_files(root: Path) -> list[str]:
    """Paths of files, relative to `root`, in order; secret and ignored ones are left out. Slow: for a thread."""
    respect = Respect([root])
    paths = _by_git(root)
    found = _by_walking(root, respect) if paths is None else paths
    kept = (path for path in found if respect.refusal_to_read(root / path) is None)
    return sorted(path for path, _ in zip(kept, range(MAX_PATHS), strict=False))


def _by_git(root: Path) -> list[str] | None:
    """What git lists; None: this is no repository, or git is not here."""
    command = [*_GIT, "-C", str(root), *_LIST]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603 - git, with nothing of a model in its arguments
            command, capture_output=True, check=True, timeout=_GIT_S, env=environment | {"GIT_OPTIONAL_LOCKS": "0"}
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]


def _by_walking(root: Path, respect: Respect) -> Iterator[str]:
    folders, num_entries = [""], 0
    while folders and num_entries < _MAX_ENTRIES:
        folder = folders.pop()
        try:
            entries = sorted(os.scandir(root / folder), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            num_entries += 1
            path = os.path.join(folder, entry.name)
            if not entry.is_dir(follow_symlinks=False):
                yield path
            elif entry.name not in _LEFT_OUT and respect.refusal_to_read(root / path, is_folder=True) is None:
                folders.append(path)
