"""OpenAI's and llama-server's JSON, to and from our messages. Pure data, no I/O."""

import time
from typing import Any, Protocol, cast

from assistant.errors import InputError
from assistant.protocol import ChatRequest, FimRequest, Json, TextRequest, decode

UNSUPPORTED = {"n": 1, "best_of": 1, "logprobs": None, "stop": None, "tools": None, "response_format": None}
"""Fields that would change the answer and that we do not honour yet, with the value that asks for nothing."""


def completion_request(body: Json) -> tuple[str, FimRequest | TextRequest]:
    """`/v1/completions`: with a `suffix` it is a hole, without one a text to continue.

    Raises:
        InputError: A field is missing, of the wrong type, or not supported.
    """
    check_supported(body)
    prompt = body.get("prompt")
    if body.get("suffix") is None:
        return "text", decode(chosen(body, "max_tokens", "temperature") | {"prompt": prompt}, TextRequest)
    fields = chosen(body, "suffix", "max_tokens", "temperature", "single_line", "client", "document")
    return "fim", decode(fields | {"prefix": prompt}, FimRequest)


def chat_request(body: Json) -> ChatRequest:
    """`/v1/chat/completions`. Raises as `completion_request`."""
    check_supported(body)
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    messages: Any = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise InputError(
            "messages must be a list of at least one turn", hint='send {"messages": [{"role": "user", "content": "…"}]}'
        )
    fields = chosen(body, "temperature") | {"messages": [turn(message) for message in cast(list[Any], messages)]}
    return decode(fields | ({"max_tokens": limit} if limit is not None else {}), ChatRequest)


def infill_request(body: Json) -> FimRequest:
    """llama-server's `/infill`. Raises as `completion_request`."""
    fields = {"prefix": body.get("input_prefix", "") + body.get("prompt", ""), "suffix": body.get("input_suffix", "")}
    limit = body.get("n_predict", -1)
    return decode(fields | chosen(body, "temperature") | ({"max_tokens": limit} if limit > 0 else {}), FimRequest)


def turn(message: Any) -> Json:
    """A chat message; content may be text or OpenAI's list of text parts."""
    if not isinstance(message, dict):
        raise InputError("a message is not an object", hint='send {"role": "user", "content": "…"}')
    fields = cast(Json, message)
    content: Any = fields.get("content")
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in cast(list[Json], content))
    role = "system" if fields.get("role") == "developer" else fields.get("role")
    return {"role": role, "content": content}


def chosen(body: Json, *names: str) -> Json:
    """The fields of `body` that are ours and set; OpenAI's clients send many more."""
    return {name: body[name] for name in names if body.get(name) is not None}


def check_supported(body: Json) -> None:
    """Refuse what would silently change the answer."""
    for name, nothing in UNSUPPORTED.items():
        if body.get(name, nothing) not in (nothing, None):
            raise InputError(f'"{name}" is not supported yet', hint=f'leave "{name}" out')


class Form(Protocol):
    """How events are written for one endpoint."""

    def whole(self, events: list[Json]) -> Json:
        """The answer in one body."""
        ...

    def piece(self, event: Json) -> Json:
        """One chunk of a stream."""
        ...


class Completions:
    """`text_completion` objects."""

    def __init__(self, model: str) -> None:
        self._head = {
            "object": "text_completion",
            "created": int(time.time()),
            "model": model,
            "id": f"cmpl-{time.time_ns():x}",
        }

    def whole(self, events: list[Json]) -> Json:
        """The answer in one body."""
        choice = {"index": 0, "text": "".join(event["text"] for event in events), "logprobs": None}
        return self._head | ending(choice, events[-1])

    def piece(self, event: Json) -> Json:
        """One chunk of a stream."""
        return self._head | ending({"index": 0, "text": event["text"], "logprobs": None}, event)


class Chat:
    """`chat.completion` objects."""

    def __init__(self, model: str) -> None:
        self._head = {"created": int(time.time()), "model": model, "id": f"chatcmpl-{time.time_ns():x}"}

    def whole(self, events: list[Json]) -> Json:
        """The answer in one body."""
        text = "".join(event["text"] for event in events)
        choice = {"index": 0, "message": {"role": "assistant", "content": text}}
        return self._head | {"object": "chat.completion"} | ending(choice, events[-1])

    def piece(self, event: Json) -> Json:
        """One chunk of a stream."""
        choice = {"index": 0, "delta": {"role": "assistant", "content": event["text"]}}
        return self._head | {"object": "chat.completion.chunk"} | ending(choice, event)


def ending(choice: Json, event: Json) -> Json:
    """Choices, and with the last event usage and our timings."""
    reason = event.get("finish_reason")
    fields: Json = {"choices": [choice | {"finish_reason": reason}]}
    if reason is None:
        return fields
    timings = event["timings"]
    prompt, completion = timings["num_prompt_tokens"], timings["num_completion_tokens"]
    usage = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": timings["num_cached_tokens"]},
    }
    return fields | {"usage": usage, "timings": timings}
