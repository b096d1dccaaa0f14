"""One bar of work-done progress, if the editor shows any."""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import Future
from typing import Self, cast
from uuid import uuid4

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from lsp.actions import abilities

CREATE_TIMEOUT_S = 1.0
"""Some editors never answer; then the work goes on unseen."""


class Progress:
    """A bar that was begun, or none: `token` is None and nothing is sent.

    Args:
        server: Who shows it.
        token: Its name, known to the editor.
    """

    def __init__(self, server: LanguageServer, token: types.ProgressToken | None) -> None:
        self._bars = server.work_done_progress
        self._tokens = cast(dict[types.ProgressToken, Future[None]], self._bars.tokens)  # pyright: ignore[reportUnknownMemberType]
        self._token = token
        self._said = ""

    @classmethod
    async def begin(cls, server: LanguageServer, title: str, token: types.ProgressToken | None) -> Self:
        """Begin a bar: the request's own if it brought a `token`, else one that the editor is asked for."""
        if token is None and abilities.shows_progress(server.client_capabilities):
            token = await _created(server)
        progress = cls(server, token)
        if token is not None:
            progress._bars.begin(token, types.WorkDoneProgressBegin(title=title, cancellable=True))
        return progress

    def on_cancel(self, cancel: Callable[[], object]) -> None:
        """Call `cancel` when the user cancels in the editor."""
        if self._token is not None:
            self._tokens[self._token].add_done_callback(lambda _: cancel())

    def report(self, text: str) -> None:
        """Show how far the work is."""
        if self._token is not None and text != self._said:
            self._said = text
            self._bars.report(self._token, types.WorkDoneProgressReport(message=text))

    def end(self) -> None:
        """Take the bar away."""
        if self._token is not None:
            self._bars.end(self._token, types.WorkDoneProgressEnd())
            del self._tokens[self._token]


async def _created(server: LanguageServer) -> str | None:
    token = uuid4().hex
    creating = asyncio.ensure_future(
        server.window_work_done_progress_create_async(types.WorkDoneProgressCreateParams(token))
    )
    await asyncio.wait({creating}, timeout=CREATE_TIMEOUT_S)
    if not creating.done():
        return None
    with contextlib.suppress(JsonRpcException):
        creating.result()
        return token
    return None
