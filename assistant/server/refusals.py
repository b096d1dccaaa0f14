"""How a refusal is told over HTTP: a status, what happened, what to do."""

from starlette.responses import JSONResponse

from assistant.errors import CairnError, InputError, ModelFileError
from assistant.protocol import Json


class RefusedError(InputError):
    """A request that HTTP has a status of its own for."""

    def __init__(self, message: str, *, hint: str, status: int) -> None:
        super().__init__(message, hint=hint)
        self.status = status


def refusal(error: CairnError) -> JSONResponse:
    """The answer to a request that is refused or failed."""
    status = status_of(error)
    headers = {"www-authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(error_body(error), status_code=status, headers=headers)


def error_body(error: CairnError) -> Json:
    """An error as OpenAI's clients read it, with our hint beside it."""
    kind = "invalid_request_error" if status_of(error) < 500 else "server_error"
    return {"error": {"message": str(error), "hint": error.hint, "type": kind, "param": None, "code": None}}


def status_of(error: CairnError) -> int:
    """The HTTP status: whose fault it is."""
    if isinstance(error, RefusedError):
        return error.status
    if isinstance(error, ModelFileError):
        return 404
    return 400 if isinstance(error, InputError) else 503
