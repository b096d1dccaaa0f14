"""The fields that several endpoints take, and the bounds of each. Pure data, no I/O.

What is out of bounds is refused here in two lines: never clipped silently, never handed to the engine.
"""

import json
from typing import Any, TypeVar, cast

from assistant.errors import InputError
from assistant.protocol import ChatRequest, FimRequest, Json, TextRequest

Request = TypeVar("Request", ChatRequest, FimRequest, TextRequest)

SAMPLING = (
    *("temperature", "top_k", "top_p", "min_p", "repeat_penalty"),
    *("frequency_penalty", "presence_penalty", "seed"),
)
"""Fields of every request, by OpenAI's and llama-server's names."""
FIM = ("name", "client", "document", "references", "single_line", "order", "early_ms", "warm_up")
"""Our own fields of a hole, with the deadline's."""

RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_k": (0, 1 << 20),
    "top_p": (0, 1),
    "min_p": (0, 1),
    "repeat_penalty": (0.1, 10),
    "frequency_penalty": (-2, 2),
    "presence_penalty": (-2, 2),
    "seed": (-1, (1 << 32) - 1),
    "deadline_ms": (0, 3_600_000),
    "early_ms": (0, 60_000),
}
UNSUPPORTED: dict[str, tuple[Any, ...]] = {
    "n": (None, 1),
    "best_of": (None, 1),
    "echo": (None, False),
    "logprobs": (None, False),
    "logit_bias": (None, {}, []),
    "tools": (None, []),
    "functions": (None, []),
}
"""Fields that would change the answer and that we do not honour yet, with the values that ask for nothing."""

MAX_STOPS = 16
MAX_STOP_CHARS = 256
MAX_TEXT_CHARS = 1 << 20
"""More than any context holds. It is tokenised, at 1.6 MB/s, on the thread that also reads keystrokes."""
MAX_NAME_CHARS = 4096
MAX_ITEMS = 64
"""Chunks, or references, of a hole."""
MAX_GRAMMAR_CHARS = 64 << 10


def chosen(body: Json, *names: str) -> Json:
    """The fields of `body` that are ours and set; OpenAI's clients send many more."""
    return {name: body[name] for name in names if body.get(name) is not None}


def check_supported(body: Json) -> None:
    """Refuse what would silently change the answer."""
    for name, harmless in UNSUPPORTED.items():
        if body.get(name) not in harmless:
            raise InputError(f'"{name}" is not supported yet', hint=f'leave "{name}" out')


def stop_strings(body: Json) -> Json:
    """`stop` as our messages have it: OpenAI takes one string or a list; an empty string asks for nothing.

    Raises:
        InputError: Not strings, too many, or too long.
    """
    stop: Any = body.get("stop") or []
    stops: list[Any] = cast(list[Any], stop) if isinstance(stop, list) else [stop]
    if len(stops) > MAX_STOPS or not all(isinstance(each, str) and len(each) <= MAX_STOP_CHARS for each in stops):
        raise InputError(
            f"stop must be a string or a list of at most {MAX_STOPS}, of at most {MAX_STOP_CHARS} characters each",
            hint="send fewer or shorter stop strings",
        )
    return {"stop": [each for each in stops if each]}


def answer_form(body: Json) -> Json:
    """The `grammar` or `json_schema` that an answer keeps to, by llama-server's names or as OpenAI's `response_format`.

    Raises:
        InputError: Of the wrong form, too large, or more than one.
    """
    fields = {name: value for name, value in chosen(body, "grammar", "json_schema").items() if value != ""}
    schema = _schema_of(body.get("response_format"))
    if len(fields) + (schema is not None) > 1:
        raise InputError("an answer can keep to one grammar or schema", hint="send one of them")
    fields |= {"json_schema": schema} if schema is not None else {}
    size = len(json.dumps(fields.get("json_schema"))) + len(str(fields.get("grammar", "")))
    if size > MAX_GRAMMAR_CHARS:
        raise InputError(f"a grammar may have {MAX_GRAMMAR_CHARS >> 10} KB", hint="send a smaller grammar or schema")
    return fields


def _schema_of(response_format: Any) -> Any:
    match response_format:
        case None | {"type": "text"}:
            return None
        case {"type": "json_schema", "json_schema": {"schema": dict()}}:
            return response_format["json_schema"]["schema"]
        case {"type": "json_object"}:
            return response_format.get("schema", {})
        case _:
            raise InputError(
                "response_format is not understood",
                hint='send {"type": "json_object"} or {"type": "json_schema", "json_schema": {"schema": {…}}}',
            )


def refuse_forms(body: Json) -> None:
    """A hole has no grammar. Raises `InputError`."""
    if answer_form(body):
        raise InputError("a completion between two texts takes no grammar", hint="leave it out, or ask a chat")


def bounded(request: Request) -> Request:
    """The request, if its numbers and its length make sense. A hole's text has no limit: it is cut to the window.

    Raises:
        InputError: They do not.
    """
    if request.max_tokens < 1:
        raise InputError(f"max_tokens is {request.max_tokens}", hint="ask for at least 1 token, or leave it out")
    for name, (low, high) in RANGES.items():
        value: float = getattr(request, name, low)
        if not low <= value <= high:  # true for NaN, too
            raise InputError(f"{name} is {value}", hint=f"choose one from {low:g} to {high:.10g}")
    if isinstance(request, FimRequest):
        _check_hole(request)
    if text_chars(request) > MAX_TEXT_CHARS:
        raise InputError(f"the text is longer than {MAX_TEXT_CHARS} characters", hint="send less text")
    return request


def _check_hole(request: FimRequest) -> None:
    names = (request.name, request.client, request.document, *(chunk.name for chunk in request.chunks))
    if max(map(len, names)) > MAX_NAME_CHARS:
        raise InputError(f"a name is longer than {MAX_NAME_CHARS} characters", hint="send a shorter one")
    if max(len(request.chunks), len(request.references)) > MAX_ITEMS:
        raise InputError(f"there are more than {MAX_ITEMS} chunks or references", hint="send the nearest ones")
    if request.early_ms and not request.client:
        raise InputError("early_ms needs a client", hint='send "client", a name of your own, and "document"')


def text_chars(request: ChatRequest | FimRequest | TextRequest) -> int:
    """Characters that must all be read; those around a hole's cursor are cut to the window instead."""
    match request:
        case ChatRequest():
            return sum(len(message.content) for message in request.messages)
        case TextRequest():
            return len(request.prompt)
        case FimRequest():
            return sum(len(chunk.text) for chunk in request.chunks) + sum(map(len, request.references))
