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

READ_FILE, READ_DIR = 1 << 2, 1 << 3
BIND_AND_CONNECT_TCP = 0b11
ABSTRACT_SOCKETS_AND_SIGNALS = 0b11
FIRST_WITH_TCP, FIRST_WITH_SCOPES = 4, 6


def version() -> int:
    """The ABI version that this kernel offers.

    Raises:
        OSError: It offers none: it is too old, was built or booted without, or a container's rules forbid it.
    """
    return syscall(CREATE_RULESET, 0, 0, GET_VERSION)


def only_read(folders: Iterable[Path]) -> None:
    """Refuse every file but those below `folders`, which may be read; refuse TCP, and signals to others.

    The process must have set no-new-privileges.

    Raises:
        OSError: The kernel has no Landlock, or one of the folders is not there.
    """
    abi = version()
    ruleset = syscall(CREATE_RULESET, *_handled(abi), 0)
    try:
        for folder in folders:
            _allow_reading(ruleset, folder)
        syscall(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _handled(abi: int) -> tuple[bytes, int]:
    """`struct landlock_ruleset_attr` with all that this version can refuse, and its size."""
    files = (1 << _num_file_rights(abi)) - 1
    attributes = struct.pack("=Q", files)
    if abi >= FIRST_WITH_TCP:
        attributes += struct.pack("=Q", BIND_AND_CONNECT_TCP)
    if abi >= FIRST_WITH_SCOPES:
        attributes += struct.pack("=Q", ABSTRACT_SOCKETS_AND_SIGNALS)
    return attributes, len(attributes)


def _num_file_rights(abi: int) -> int:
    """13 at first; then moving between folders (2), truncating (3) and commands to devices (5) came."""
    return 13 + (abi >= 2) + (abi >= 3) + (abi >= 5)


def _allow_reading(ruleset: int, folder: Path) -> None:
    descriptor = os.open(folder, os.O_PATH | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        syscall(ADD_RULE, ruleset, PATH_BENEATH, struct.pack("=Qi", READ_FILE | READ_DIR, descriptor), 0)
    finally:
        os.close(descriptor)
