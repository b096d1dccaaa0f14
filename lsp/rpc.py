"""What JSON-RPC and LSP ask of a server's message loop and pygls leaves out."""

from collections.abc import Callable
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams, JsonRpcInvalidRequest, JsonRpcServerNotInitialized
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.json_rpc import RPCMessage, RPCRequest


class Protocol(LanguageServerProtocol):
    """Answers every request, and takes them only between `initialize` and `shutdown`.

    Attributes:
        is_initialized: `initialize` has been received.
        is_shut_down: `shutdown` has been received.
        on_lost_change: Called when a change of a document could not be read.
    """

    is_initialized = False
    is_shut_down = False
    on_lost_change: Callable[[], None]

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Decode one message; a request that cannot be decoded is answered with InvalidParams at once."""
        try:
            return super().structure_message(data)
        except JsonRpcException:
            if "id" in data:
                self._send_response(data["id"], error=JsonRpcInvalidParams().to_response_error())
            elif data.get("method") == types.TEXT_DOCUMENT_DID_CHANGE:
                self.on_lost_change()
            raise

    def handle_message(self, message: RPCMessage) -> None:
        """Refuse requests that come at the wrong time; hand all other messages on."""
        if isinstance(message, RPCRequest):
            refusal = self._refusal(message.method)
            if refusal is not None:
                self._send_response(message.id, error=refusal.to_response_error())
                return
            self.is_initialized = True
            self.is_shut_down = message.method == types.SHUTDOWN
        super().handle_message(message)

    def _refusal(self, method: str) -> JsonRpcException | None:
        if self.is_shut_down:
            return JsonRpcInvalidRequest("the server is shut down")
        if not self.is_initialized and method != types.INITIALIZE:
            return JsonRpcServerNotInitialized("the first request must be initialize")
        if self.is_initialized and method == types.INITIALIZE:
            return JsonRpcInvalidRequest("the server is initialized already")
        return None
