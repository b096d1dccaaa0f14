"""What stands around a program: identity, limits, files, system calls. Its own process builds it before reading a word.

No layer is "best effort" unless the caller insists: what cannot be built is named, and nothing runs.
"""

import os
import resource
import sys
import sysconfig
from pathlib import Path

from assistant.lockdown import Profile, Walls, die_with_parent, drop_capabilities
from assistant.lockdown.syscalls import TALKING_TO_ITSELF

NOBODY = 65534
MAX_DESCRIPTORS = 32
PACKAGES = ("site-packages", "dist-packages")
"""Not the library: who knows which answers lie in there."""


def library() -> tuple[list[Path], list[Path]]:
    """The parts of the standard library, without installed packages; and its folders, to be listed."""
    folders = [Path(each) for each in dict.fromkeys(map(sysconfig.get_path, ("stdlib", "platstdlib")))]
    parts = [part for folder in folders for part in folder.iterdir() if part.name not in PACKAGES and part.exists()]
    return parts, folders


class Fence:
    """Made ready once; every child builds it around itself."""

    def __init__(self) -> None:
        parts, folders = library()
        self._walls = Walls(
            Profile(
                readable=tuple(parts),
                listable=tuple(folders),
                max_file_bytes=0,
                more=TALKING_TO_ITSELF,
                is_hostile=True,
            )
        )
        self._becomes_nobody = os.geteuid() == 0 and _nobody_may_read(folders[0])

    def build(self, cpu_s: int, memory_bytes: int) -> tuple[list[str], list[str]]:
        """Bound this process for good; the layers that stand, and those that do not and why.

        Raises:
            OSError: A right could not be given up.
            ValueError: A limit could not be set.
        """
        os.umask(0o777)
        layers = ["limits", self._give_up_identity()]
        die_with_parent()
        _limit(cpu_s, memory_bytes)
        os.environ.clear()
        sys.argv[:] = [""]
        report = self._walls.build()
        return [*layers, *report.applied], list(report.missing)

    def _give_up_identity(self) -> str:
        if self._becomes_nobody:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
        drop_capabilities()
        return f"user {os.geteuid()} without capabilities"


def _limit(cpu_s: int, memory_bytes: int) -> None:
    resource.setrlimit(
        resource.RLIMIT_CPU, (cpu_s, cpu_s + 1)
    )  # a signal that says why; then one that cannot be caught
    for which, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, MAX_DESCRIPTORS),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(which, (value, value))


def _nobody_may_read(folder: Path) -> bool:
    """Tried by a child: folders above may be closed to all but root."""
    pid = os.fork()
    if not pid:
        try:
            os.setresuid(NOBODY, NOBODY, NOBODY)
            os._exit(not os.access(folder / "os.py", os.R_OK, effective_ids=True))
        finally:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0
