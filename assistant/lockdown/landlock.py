"""Landlock: which files this thread, and every one it starts from now on, may open.

Source: landlock(7) and linux/landlock.h.
"""

import os
import struct
from collections.abc import Iterable
from pathlib import Path

from assistant.lockdown.kernel import syscall

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
GET_VERSION, PATH_BENEATH = 1, 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
MAKE_CHAR, MAKE_SOCK, MAKE_BLOCK = 1 << 6, 1 << 9, 1 << 11
BIND_AND_CONNECT_TCP = 0b11
ABSTRACT_SOCKETS_AND_SIGNALS = 0b11
FIRST_WITH_TCP, FIRST_WITH_SCOPES = 4, 6


def version() -> int:
    """The ABI version that this kernel offers.

    Raises:
        OSError: It offers none: it is too old, was built or booted without, or a container's rules forbid it.
    """
    return syscall(CREATE_RULESET, 0, 0, GET_VERSION)


def only_read(places: Iterable[Path]) -> None:
    """Refuse every file but `places` and what is below them, which may be read; refuse TCP, and signals to others.

    The process must have set no-new-privileges.

    Raises:
        OSError: The kernel has no Landlock, or one of the places is not there.
    """
    ruleset = rules(places)
    try:
        restrict(ruleset)
    finally:
        os.close(ruleset)


def rules(
    places: Iterable[Path],
    *,
    listed: Iterable[Path] = (),
    executed: Iterable[Path] = (),
    written: Iterable[Path] = (),
) -> int:
    """A descriptor of the rules of `only_read`, with exceptions for what lies below some folders.

    Args:
        places: May be read.
        listed: Folders that may be listed; their files may not be read.
        executed: Folders whose files may be read and executed.
        written: Folders in which everything may be done but making devices and sockets; or files that may be written.

    Raises:
        OSError: The kernel has no Landlock, or one of the places is not there.
    """
    ruleset = syscall(CREATE_RULESET, *_handled(version()), 0)
    try:
        for place in places:
            _allow(ruleset, place, READ_FILE | READ_DIR if place.is_dir() else READ_FILE)
        for folder in listed:
            _allow(ruleset, folder, READ_DIR)
        for folder in executed:
            _allow(ruleset, folder, EXECUTE | READ_FILE | READ_DIR)
        for place in written:
            _allow(ruleset, place, _everything() if place.is_dir() else WRITE_FILE | READ_FILE)
    except OSError:
        os.close(ruleset)
        raise
    return ruleset


def restrict(ruleset: int) -> None:
    """Bind this thread, and all it starts, by `rules`. Raises `OSError`."""
    syscall(RESTRICT_SELF, ruleset, 0)


def _handled(abi: int) -> tuple[bytes, int]:
    """`struct landlock_ruleset_attr` with all that this version can refuse, and its size."""
    files = (1 << _num_file_rights(abi)) - 1
    attributes = struct.pack("=Q", files)
    if abi >= FIRST_WITH_TCP:
        attributes += struct.pack("=Q", BIND_AND_CONNECT_TCP)
    if abi >= FIRST_WITH_SCOPES:
        attributes += struct.pack("=Q", ABSTRACT_SOCKETS_AND_SIGNALS)
    return attributes, len(attributes)


def _everything() -> int:
    return ((1 << _num_file_rights(version())) - 1) & ~(MAKE_CHAR | MAKE_SOCK | MAKE_BLOCK)


def _num_file_rights(abi: int) -> int:
    """13 at first; then moving between folders (2), truncating (3) and commands to devices (5) came."""
    return 13 + (abi >= 2) + (abi >= 3) + (abi >= 5)


def _allow(ruleset: int, place: Path, rights: int) -> None:
    descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
    try:
        syscall(ADD_RULE, ruleset, PATH_BENEATH, struct.pack("=Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)
