"""One file from the hub to this disk: taken up where it was left, hashed on the way, believed only when it is right.

The hub's own library begins again in a new run and compares sizes only. Here the part stays whatever
ends a run, what it holds is hashed again before more is added, and its hash decides, not its size.
"""

import errno
import hashlib
import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from assistant.errors import HubError, InputError
from assistant.hub.web import Answer, PassingError, Web
from assistant.models import parts
from assistant.models.parts import Ticket

OnBytes = Callable[[int], None]
"""Hears how many bytes more are here, and hashed."""
_READ_BYTES = 4 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def download(web: Web, ticket: Ticket, *, on_bytes: OnBytes = lambda _: None) -> Path:
    """Fetch what is missing of a file; when it returns the file is whole and its sha256 is the ticket's.

    Ctrl-C, a kill, a lost connection and a full disk leave the part where it is, for the next run.

    Raises:
        HubError: The hub refuses, fails too often, or sends other bytes than it promised; those are set aside.
        InputError: Another process downloads the same file, or the disk does not take it.
    """
    parts.folder().mkdir(parents=True, exist_ok=True)
    with parts.held(ticket.sha256) as is_ours:
        if not is_ours:
            raise InputError(f"another process downloads {ticket.file} already", hint="wait for it, or end it")
        try:
            return _Download(web, ticket, on_bytes).run()
        except OSError as error:
            why = "the disk is full" if error.errno in _FULL else f"the disk does not take it: {error.strerror}"
            raise InputError(
                f"{why}; what has come of {ticket.file} is kept",
                hint="make room, and run the same command again: it goes on from there",
            ) from error


class _Download:
    """The open part of one file."""

    def __init__(self, web: Web, ticket: Ticket, on_bytes: OnBytes) -> None:
        self._web = web
        self._ticket = ticket
        self._on_bytes = on_bytes
        self._digest = hashlib.sha256()
        self._position = 0

    def run(self) -> Path:
        before = parts.find_part(self._ticket.sha256)
        self._etag = before.ticket.etag if before else ""
        parts.write_ticket(self._ticket)
        path = parts.part_path(self._ticket.sha256)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        with open(descriptor, "r+b", buffering=0) as file:
            self._take_up(file)
            while self._position < self._ticket.num_bytes:
                self._web.trying(lambda: self._fetch(file), progress=lambda: self._position)
            os.fsync(descriptor)
        self._check(path)
        return path

    def _take_up(self, file: BinaryIO) -> None:
        """Hash what an earlier run left; more than the whole cannot be ours."""
        if os.fstat(file.fileno()).st_size > self._ticket.num_bytes:
            file.truncate(0)
        while piece := file.read(_READ_BYTES):
            self._hash(piece)

    def _fetch(self, file: BinaryIO) -> None:
        """One answer of the hub, as far as it goes."""
        headers = {"Range": f"bytes={self._position}-"} if self._position else {}
        if self._position and self._etag:
            headers["If-Range"] = self._etag
        with self._web.open(self._ticket.url, headers) as answer:
            self._check_head(answer)
            if answer.status != 206 and self._position:  # another file than before, or a server without ranges
                self._start_over(file)
            if answer.status == 416:
                raise PassingError("the hub does not know the rest of the file")
            self._note_etag(answer)
            with closing(answer.pieces()) as pieces:
                for piece in pieces:
                    self._add(file, piece)
        if self._position < self._ticket.num_bytes:
            raise PassingError("the answer ended early")

    def _check_head(self, answer: Answer) -> None:
        """Refuse at once what would only turn out wrong at the end."""
        ticket, start = self._ticket, self._position if answer.status == 206 else 0
        linked = answer.linked.get("x-linked-etag", "").strip('"')
        if linked and len(linked) == len(ticket.sha256) and linked != ticket.sha256:
            raise HubError(f"{ticket.file} is another file now than a moment ago", hint="run the same command again")
        if answer.status == 206:
            wanted = f"bytes {start}-{ticket.num_bytes - 1}/{ticket.num_bytes}"
            if answer.headers.get("content-range", "") != wanted:
                raise HubError(
                    f"the hub sends another part of {ticket.file} than was asked for", hint="run the command again"
                )
        length = answer.headers.get("content-length", "")
        if answer.status != 416 and length and length != str(ticket.num_bytes - start):
            raise HubError(
                f"{ticket.file} should have {ticket.num_bytes} bytes, the hub has {length[:20]} after {start}",
                hint="it was changed meanwhile: run the same command again",
            )

    def _note_etag(self, answer: Answer) -> None:
        etag = answer.headers.get("etag", "")[:200]
        if etag.startswith('"') and etag != self._etag:  # a weak one promises nothing about bytes
            self._etag = etag
            parts.write_ticket(replace(self._ticket, etag=etag))

    def _start_over(self, file: BinaryIO) -> None:
        self._on_bytes(-self._position)
        file.seek(0)
        file.truncate(0)
        self._position, self._digest, self._etag = 0, hashlib.sha256(), ""

    def _add(self, file: BinaryIO, piece: bytes) -> None:
        if self._position + len(piece) > self._ticket.num_bytes:
            raise HubError(f"the hub sends more of {self._ticket.file} than it has", hint="run the command again")
        rest = memoryview(piece)
        while rest:  # a disk that is nearly full takes a part of it
            num_written = file.write(rest)
            self._hash(rest[:num_written])
            rest = rest[num_written:]

    def _hash(self, piece: bytes | memoryview) -> None:
        self._digest.update(piece)
        self._position += len(piece)
        self._on_bytes(len(piece))

    def _check(self, path: Path) -> None:
        found = self._digest.hexdigest()
        if found != self._ticket.sha256:
            set_aside(self._ticket)
            raise HubError(
                f"{self._ticket.file} came with sha256 {found[:16]}…, not {self._ticket.sha256[:16]}…: "
                f"it is set aside as {parts.wrong_path(self._ticket.sha256)}",
                hint="run the same command again: it starts anew; `cairn models prune` removes what was set aside",
            )


def set_aside(ticket: Ticket) -> None:
    """Let a file never become a model, but be looked at."""
    parts.part_path(ticket.sha256).replace(parts.wrong_path(ticket.sha256))
