"""Giving rights up, for good: a process that has loaded what it needs computes from then on and does nothing else.

Two walls, each of which stands alone: seccomp lists the system calls that are left, in every thread; Landlock lists the
files. Neither needs root, a namespace or a library. No sockets, no new processes and programs, no files to write, no
signals to others, for anybody; what differs from one program to another is its `Profile`.
"""

import os
import resource
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assistant.lockdown import landlock, seccomp
from assistant.lockdown.kernel import prctl
from assistant.lockdown.syscalls import READING, computing

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
SIGKILL = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is left to a process that has locked itself down."""

    readable: tuple[Path, ...] = ()
    """Folders whose files it may still open to read."""
    max_file_bytes: int
    """How far a file that is open already may grow by its writing, in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Which walls stand."""

    applied: tuple[str, ...]
    missing: tuple[str, ...]
    """What this kernel does not offer, and why."""

    def __str__(self) -> str:
        applied = " and ".join(self.applied) or "nothing"
        return f"{applied}; missing: {', '.join(self.missing)}" if self.missing else applied


def lock_down(profile: Profile) -> Report:
    """Give up everything but computing and `profile`: this process, all of its threads, for good.

    Landlock binds the calling thread and those it starts; a program with readable folders calls this while it has one
    thread. Where Landlock is missing no file can be told from another, so none can be opened.

    Returns:
        What was applied. A wall that this kernel lacks is named there and nowhere raised: the caller decides.
    """
    prctl(PR_SET_DUMPABLE, 0)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, profile.max_file_bytes)
    applied: list[str] = []
    missing: list[str] = []

    def build(wall: str, apply: Callable[[], None]) -> None:
        try:
            apply()
            applied.append(wall)
        except OSError as error:
            missing.append(f"{wall} ({error.strerror})")

    build("Landlock", lambda: landlock.only_read(profile.readable))
    reading = READING if profile.readable and applied else {}
    build("seccomp", lambda: seccomp.allow_only({**computing(os.getpid()), **reading}))
    return Report(applied=tuple(applied), missing=tuple(missing))


def die_with_parent() -> None:
    """End this process when the thread that started it ends, however that ends."""
    prctl(PR_SET_PDEATHSIG, SIGKILL)


def _limit(kind: int, value: int) -> None:
    """Set a limit, or keep the tighter one that is there: only root could raise it."""
    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))
