"""Connections with limits: uvicorn's own protocol, and what it leaves open to a client that stalls.

A head must be whole in time, an answer must be taken in time, and there are only so many connections.
"""

import asyncio
import os
import socket
import struct
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_CONNECTIONS = 64
"""That are answered. The next ones are told that there are too many."""
MAX_OPEN = 128
"""Connections of all kinds; beyond them one is closed at once."""
MAX_PER_PEER = 16
"""Connections over the port from one address, so that the socket's clients always find room."""
HEAD_DEADLINE_S = 5.0
UNREAD_DEADLINE_S = 30.0
"""How long a client may leave an answer lying."""
LINGER_S = 2.0
"""How long the rest of a refused body is read and thrown away, so that the client gets to read the refusal."""


class BoundedProtocol(H11Protocol):
    """HTTP/1.1 on one connection, with deadlines."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, or close it: there are too many, or another user's."""
        super().connection_made(transport)
        if self._is_one_too_many() or not is_own(transport.get_extra_info("socket")):
            transport.abort()
            return
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Feed the parser, and watch whether a head becomes whole."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop(self._head_timer)
            self._head_timer = None
        elif self._head_timer is None:
            self._await_head()

    def pause_writing(self) -> None:
        """The client does not read: it has so long to begin."""
        super().pause_writing()
        self._unread_timer = self.loop.call_later(UNREAD_DEADLINE_S, self.transport.abort)

    def resume_writing(self) -> None:
        """It does."""
        super().resume_writing()
        self._stop(self._unread_timer)

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection, also one whose answer was never read."""
        super().timeout_keep_alive_handler()
        if self.transport.get_write_buffer_size():
            self.transport.abort()

    def on_response_complete(self) -> None:
        """A body that was not read to its end, because it was refused, is not read for ever."""
        if self.conn.their_state is h11.SEND_BODY:
            self.loop.call_later(LINGER_S, self._end_unread_body, self.cycle)
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more to wait for."""
        self._stop(self._head_timer)
        self._stop(self._unread_timer)
        super().connection_lost(exc)

    def _is_one_too_many(self) -> bool:
        same = sum(self.client is not None and self._peer(other) == self.client[0] for other in self.connections)
        return same > MAX_PER_PEER or len(self.connections) > MAX_OPEN

    @staticmethod
    def _peer(other: Any) -> str | None:
        return other.client[0] if other.client else None

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_DEADLINE_S, self.transport.abort)

    def _end_unread_body(self, cycle: object) -> None:
        if self.cycle is cycle and self.conn.their_state is h11.SEND_BODY:
            self.transport.abort()

    @staticmethod
    def _stop(timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()


def is_own(connection: socket.socket) -> bool:
    """Whether a process of this user is at the other end of a Unix socket; of a port nobody can say, and all pass."""
    if connection.family != socket.AF_UNIX:
        return True
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return struct.unpack("3i", credentials)[1] == os.getuid()
