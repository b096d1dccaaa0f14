"""Giving rights up, for good: a process that has loaded what it needs computes from then on and does nothing else.

Two walls, each of which stands alone: seccomp lists the system calls that are left, in every thread; Landlock lists the
files. Neither needs root, a namespace or a library. No sockets, no new processes and programs, no files to write, no
signals to others, unless a `Profile` says so; what else differs from one program to another is its profile.
"""

import os
import resource
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from assistant.lockdown import landlock, seccomp
from assistant.lockdown.kernel import prctl, syscall
from assistant.lockdown.syscalls import READING, OnlyIf, Rules, computing

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
SIGKILL = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is left to a process that has locked itself down."""

    readable: tuple[Path, ...] = ()
    """Files, and folders whose files, it may still open to read."""
    listable: tuple[Path, ...] = ()
    """Folders whose names, and no more, it may still see."""
    executable: tuple[Path, ...] = ()
    """Folders whose files it may read and, where `more` allows it, execute."""
    writable: tuple[Path, ...] = ()
    """Files it may write, and folders in which it may do so and make and delete files, where `more` allows it."""
    max_file_bytes: int
    """How far a file that is open already may grow by its writing, in bytes."""
    more: Rules = field(default_factory=dict[str, OnlyIf | None])
    """System calls besides those of computing."""
    pretended: tuple[str, ...] = ()
    """System calls that do nothing and say that they have done it: Landlock does not tell whose file a mode is of."""
    is_hostile: bool = False
    """Its author may try anything. It cannot signal even itself, and what only an attacker tries is refused like the
    rest instead of ending it: what it does next is then its own doing, and can be judged."""


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
    return Walls(profile).build()


class Walls:
    """`lock_down` in two steps: what takes time is done once, by a process whose forked children then build."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._ruleset: int | OSError = _tried(
            lambda: landlock.rules(
                profile.readable,
                listed=profile.listable,
                executed=profile.executable,
                written=profile.writable,
            )
        )
        self._filters = {can_read: _tried(lambda can=can_read: self._filter(can)) for can_read in (True, False)}

    def build(self) -> Report:
        """Lock this process down; see `lock_down`."""
        prctl(PR_SET_DUMPABLE, 0)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        _limit(resource.RLIMIT_CORE, 0)
        _limit(resource.RLIMIT_FSIZE, self._profile.max_file_bytes)
        files = _applied(self._ruleset, _restricted)
        calls = _applied(self._filters[not files], seccomp.install)
        ends = {"Landlock": files, "seccomp": calls}
        return Report(
            applied=tuple(wall for wall, error in ends.items() if not error),
            missing=tuple(f"{wall} ({error.strerror})" for wall, error in ends.items() if error),
        )

    def _filter(self, can_read: bool) -> bytes:
        profile = self._profile
        rules = computing(None if profile.is_hostile else os.getpid())
        if can_read and (profile.readable or profile.listable):
            rules |= READING
        return seccomp.filter_program(
            {**rules, **profile.more},
            seccomp.this_machine(),
            is_deadly=not profile.is_hostile,
            pretended=profile.pretended,
        )


def _restricted(ruleset: int) -> None:
    landlock.restrict(ruleset)
    os.close(ruleset)


_Made = TypeVar("_Made", int, bytes)


def _tried(make: Callable[[], _Made]) -> _Made | OSError:
    try:
        return make()
    except OSError as error:
        return error


def _applied(made: _Made | OSError, apply: Callable[[_Made], None]) -> OSError | None:
    if isinstance(made, OSError):
        return made
    try:
        apply(made)
    except OSError as error:
        return error
    return None


def drop_capabilities() -> None:
    """Be nobody special, whoever owns this process: of root's rights its name is left. Raises `OSError`."""
    version_3, itself, three_empty_sets = 0x20080522, 0, bytes(2 * 3 * 4)
    syscall(seccomp.number_of("capset"), struct.pack("=Ii", version_3, itself), three_empty_sets)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own has ended, so that they can be found and ended. Raises `OSError`."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent() -> None:
    """End this process when the thread that started it ends, however that ends."""
    prctl(PR_SET_PDEATHSIG, SIGKILL)


def _limit(kind: int, value: int) -> None:
    """Set a limit, or keep the tighter one that is there: only root could raise it."""
    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))
