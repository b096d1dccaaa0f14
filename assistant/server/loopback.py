"""The loopback port, for programs that cannot speak to a Unix socket: its listeners and its token."""

import contextlib
import errno
import os
import secrets
import socket
import stat
from pathlib import Path

from assistant.errors import DaemonError

TOKEN_BYTES = 32
HOSTS = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
"""What binding to ::1 says on a machine without IPv6."""


def bind_port(port: int) -> list[socket.socket]:
    """Listen on `port` of this machine alone, by IPv4 and, where there is one, IPv6.

    Raises:
        DaemonError: The port is taken, or not to be had.
    """
    listeners: list[socket.socket] = []
    try:
        for family, host in HOSTS:
            with contextlib.suppress(_AbsentError):
                listeners.append(_listen(family, host, port))
    except (OSError, OverflowError) as error:
        for listener in listeners:
            listener.close()
        raise DaemonError(
            f"port {port} cannot be used: {error}", hint="choose another: `cairn serve --port`"
        ) from error
    return listeners


class _AbsentError(Exception):
    """This machine has no such address."""


def _listen(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    listener: socket.socket | None = None
    try:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen()
    except (OSError, OverflowError) as error:
        if listener is not None:
            listener.close()
        if family == socket.AF_INET6 and isinstance(error, OSError) and error.errno in ABSENT:
            raise _AbsentError from error
        raise
    return listener


def keep_token(path: Path) -> str:
    """The token in the file `path`, mode 0600; a new one where there is none that only we can have read.

    Raises:
        DaemonError: It cannot be written.
    """
    try:
        return _read(path) or _write(path, secrets.token_urlsafe(TOKEN_BYTES))
    except OSError as error:
        raise DaemonError(f"the token cannot be kept in {path}: {error.strerror}", hint="remove that file") from error


def _read(path: Path) -> str | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    with open(descriptor, encoding="ascii", errors="replace") as stream:
        info = os.fstat(descriptor)
        is_ours = info.st_uid == os.getuid() and stat.S_IMODE(info.st_mode) == 0o600 and stat.S_ISREG(info.st_mode)
        token = stream.read(256).strip() if is_ours else ""
    return token if len(token) >= TOKEN_BYTES else None


def _write(path: Path, token: str) -> str:
    """Written beside and renamed: nobody reads half a token. The daemon's lock keeps a second writer away."""
    unready = path.with_name(f"{path.name}.{os.getpid()}")
    unready.unlink(missing_ok=True)
    with open(os.open(unready, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
        stream.write(f"{token}\n")
    unready.replace(path)
    return token
