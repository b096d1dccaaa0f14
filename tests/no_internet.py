"""Ends any process that opens a socket to a network, and all that it starts: the kernel does, so nothing gets round it.

`python -m tests.no_internet COMMAND …` runs a command like that. Unix sockets are no network.
"""

import os
import platform
import struct
import sys

from assistant.lockdown import PR_SET_NO_NEW_PRIVS, prctl
from assistant.lockdown.seccomp import install

AF_INET, AF_INET6, AF_PACKET = 2, 10, 17
SOCKET = {"x86_64": 41, "aarch64": 198}
"""The number of the call."""
_ALLOW, _KILL_PROCESS = 0x7FFF0000, 0x80000000
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER_AT, _FIRST_ARGUMENT_AT = 0, 16


def program() -> bytes:
    """The filter, in the kernel's language: is it `socket`, and of which family?"""
    families = (AF_INET, AF_INET6, AF_PACKET)
    rules = [(_LOAD, 0, 0, _NUMBER_AT), (_IF_EQUAL, 0, len(families) + 1, SOCKET[platform.machine()])]
    rules.append((_LOAD, 0, 0, _FIRST_ARGUMENT_AT))
    rules += [(_IF_EQUAL, len(families) - at, 0, family) for at, family in enumerate(families)]
    rules += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _KILL_PROCESS)]
    return b"".join(struct.pack("=HBBI", *rule) for rule in rules)


if __name__ == "__main__":
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    install(program())
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606
