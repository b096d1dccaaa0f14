"""Whose program is at the other end of a TCP connection within this machine; Linux keeps a table of it."""

import os
from pathlib import Path

_TABLE = Path("/proc/net/tcp")
Address = tuple[str, int]


def is_own_user(peer: Address, own: Address, table: Path = _TABLE) -> bool:
    """Whether the connection from `peer` to `own`, both IPv4 on this machine, was made by this process's user.

    Source: proc_pid_net(5): each line has the address of one end, of the other end, and the first end's user.
    """
    wanted = [_written(peer), _written(own)]
    lines = (line.split() for line in table.read_text().splitlines()[1:])
    return any(fields[1:3] == wanted and int(fields[7]) == os.getuid() for fields in lines)


def _written(address: Address) -> str:
    """An address as the table has it: four bytes, the last one first, and a port, in hexadecimal digits."""
    host, port = address[:2]
    return "".join(f"{int(byte):02X}" for byte in reversed(host.split("."))) + f":{port:04X}"
