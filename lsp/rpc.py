"""What JSON-RPC and LSP ask of a server's message loop and pygls leaves out."""

import json
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, cast

from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcParseError,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol, lsp_method

Id = str | int


class Protocol(LanguageServerProtocol):
    """Answers every request, and takes them only between `initialize` and `shutdown`.

    Attributes:
        is_greeted: `initialize` has been received.
        is_shut_down: `shutdown` has been received.
        has_left: `exit` has been received.
        on_editor: Told the editor's process before `initialize` is answered, if it names one.
        on_lost_change: Told the document, if it can be made out, whose change could not be read.
    """

    is_greeted = False
    is_shut_down = False
    has_left = False
    on_editor: Callable[[int], None] | None = None
    on_lost_change: Callable[[str | None], None]

    def receive(self, body: bytes) -> None:
        """Take one message. What is none is answered with an error, too, and forgotten."""
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            self._refuse(None, JsonRpcParseError("a message is not JSON"))
            return
        if not isinstance(data, dict):
            self._refuse(None, JsonRpcInvalidRequest("a message is not an object; LSP has no batches"))
            return
        message = cast(dict[str, Any], data)
        refusal = self._refusal(message)
        if refusal is not None:
            self._refuse(message.get("id"), refusal)
        elif self.is_greeted or message.get("method") in (types.INITIALIZE, types.EXIT):
            self._take(message)

    def cancel_requests(self) -> None:
        """End what still runs for an editor that has left."""
        for future in list(self._request_futures.values()):
            future.cancel()

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Note it; whoever reads the messages stops. pygls would end the process, and with it other editors."""
        self.has_left = True

    def _take(self, data: dict[str, Any]) -> None:
        if "method" in data:
            data.setdefault("params", None)
        try:
            message: Any = self.structure_message(data)
        except JsonRpcException:
            if "id" in data and "method" in data:
                self._refuse(data["id"], JsonRpcInvalidParams())
            elif data.get("method") == types.TEXT_DOCUMENT_DID_CHANGE:
                self.on_lost_change(_document(data["params"]))
            return
        if "id" in data and "method" in data:
            self.is_shut_down = data["method"] == types.SHUTDOWN
            if data["method"] == types.INITIALIZE:
                self._greet(message.params.process_id)
        self.handle_message(message)

    def _greet(self, process_id: int | None) -> None:
        self.is_greeted = True
        if process_id is not None and self.on_editor is not None:
            self.on_editor(process_id)

    def _refusal(self, data: dict[str, Any]) -> JsonRpcException | None:
        """Why a message is no message, or a request that comes at the wrong time."""
        method = data.get("method")
        if data.get("jsonrpc") != "2.0" or not (isinstance(method, str) or "result" in data or "error" in data):
            return JsonRpcInvalidRequest("a message is neither request, notification nor response")
        if method is None or "id" not in data:
            return None
        if self.is_shut_down:
            return JsonRpcInvalidRequest("the server is shut down")
        if not self.is_greeted and method != types.INITIALIZE:
            return JsonRpcServerNotInitialized("the first request must be initialize")
        if self.is_greeted and method == types.INITIALIZE:
            return JsonRpcInvalidRequest("the server is initialized already")
        return None

    def _refuse(self, message_id: object, error: JsonRpcException) -> None:
        known_id = message_id if isinstance(message_id, str | int) else None
        answer = {"jsonrpc": self.VERSION, "id": known_id, "error": {"code": error.code, "message": error.message}}
        self._send_data(answer)  # as it is: lsprotocol leaves an id out that is null

    def _send_response(self, msg_id: Id, result: Any = None, error: types.ResponseError | None = None) -> None:
        """Send an answer; of an error only what it says: pygls would add the traceback."""
        super()._send_response(msg_id, result, error and types.ResponseError(error.code, error.message))

    def _execute_handler(self, msg_id: Id, *args: Any, **kwargs: Any) -> None:
        """Run a handler. pygls keeps the futures of notifications for ever."""
        super()._execute_handler(msg_id, *args, **kwargs)  # pyright: ignore[reportUnknownMemberType]
        future = self._request_futures.get(msg_id)
        if future is not None:
            future.add_done_callback(lambda done: self._forget(msg_id, done))

    def _forget(self, msg_id: Id, done: "Future[Any]") -> None:
        if self._request_futures.get(msg_id) is done:
            del self._request_futures[msg_id]


def _document(params: object) -> str | None:
    match params:
        case {"textDocument": {"uri": str(uri)}}:
            return uri
        case _:
            return None
