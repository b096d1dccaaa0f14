"""OpenAI's JSON, to and from our messages. Pure data, no I/O."""

import time
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Protocol, TypeVar, cast

from assistant.errors import InputError
from assistant.protocol import ChatRequest, FimRequest, Json, TextRequest, decode

UNSUPPORTED: dict[str, tuple[Any, ...]] = {
    "n": (None, 1),
    "best_of": (None, 1),
    "echo": (None, False),
    "logprobs": (None, False),
    "tools": (None, []),
    "response_format": (None, {"type": "text"}),
}
"""Fields that would change the answer and that we do not honour yet, with the values that ask for nothing."""
Request = TypeVar("Request", ChatRequest, FimRequest, TextRequest)

MAX_STOPS = 16
MAX_STOP_CHARS = 256
MAX_TEXT_CHARS = 1 << 20
"""More than any context holds. It is tokenised, at 1.6 MB/s, on the thread that also reads keystrokes."""
MAX_TEMPERATURE = 2.0


def completion_request(body: Json) -> tuple[str, FimRequest | TextRequest]:
    """`/v1/completions`: with a `suffix` it is a hole, without one a text to continue.

    Raises:
        InputError: A field is missing, of the wrong type, out of range, or not supported.
    """
    check_supported(body)
    prompt = body.get("prompt")
    fields = chosen(body, "max_tokens", "temperature") | stop_strings(body)
    if body.get("suffix") is None:
        return "text", bounded(decode(fields | {"prompt": prompt}, TextRequest))
    fields |= chosen(body, "suffix", "single_line", "client", "document")
    return "fim", bounded(decode(fields | {"prefix": prompt}, FimRequest))


def chat_request(body: Json) -> ChatRequest:
    """`/v1/chat/completions`. Raises as `completion_request`."""
    check_supported(body)
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    messages: Any = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise InputError(
            "messages must be a list of at least one turn", hint='send {"messages": [{"role": "user", "content": "…"}]}'
        )
    fields = chosen(body, "temperature") | stop_strings(body)
    fields |= {"messages": [turn(message) for message in cast(list[Any], messages)]}
    return bounded(decode(fields | ({"max_tokens": limit} if limit is not None else {}), ChatRequest))


def turn(message: Any) -> Json:
    """A chat message; content may be text or OpenAI's list of text parts."""
    if not isinstance(message, dict):
        raise InputError("a message is not an object", hint='send {"role": "user", "content": "…"}')
    fields = cast(Json, message)
    content: Any = fields.get("content")
    if isinstance(content, list):
        content = "".join(_part_text(part) for part in cast(list[Any], content))
    role = "system" if fields.get("role") == "developer" else fields.get("role")
    return {"role": role, "content": content}


def _part_text(part: Any) -> str:
    text: Any = cast(Json, part).get("text") if isinstance(part, dict) else None
    if not isinstance(text, str):
        raise InputError("a part of a message is not a text", hint='send {"type": "text", "text": "…"}')
    return text


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


def wants_usage(body: Json) -> bool:
    """Whether a stream shall end with what it cost."""
    options: Any = body.get("stream_options")
    return isinstance(options, dict) and cast(Json, options).get("include_usage") is True


def bounded(request: Request) -> Request:
    """The request, if its numbers and its length make sense. A hole's text has no limit: it is cut to the window.

    Raises:
        InputError: They do not.
    """
    if request.max_tokens < 1:
        raise InputError(f"max_tokens is {request.max_tokens}", hint="ask for at least 1 token, or leave it out")
    if not 0 <= request.temperature <= MAX_TEMPERATURE:  # false for NaN, too
        raise InputError(f"temperature is {request.temperature}", hint=f"choose one from 0 to {MAX_TEMPERATURE:g}")
    if text_chars(request) > MAX_TEXT_CHARS:
        raise InputError(f"the text is longer than {MAX_TEXT_CHARS} characters", hint="send less text")
    return request


def text_chars(request: ChatRequest | FimRequest | TextRequest) -> int:
    """Characters that must all fit into the context."""
    match request:
        case ChatRequest():
            return sum(len(message.content) for message in request.messages)
        case TextRequest():
            return len(request.prompt)
        case FimRequest():
            return 0


def chosen(body: Json, *names: str) -> Json:
    """The fields of `body` that are ours and set; OpenAI's clients send many more."""
    return {name: body[name] for name in names if body.get(name) is not None}


def check_supported(body: Json) -> None:
    """Refuse what would silently change the answer."""
    for name, harmless in UNSUPPORTED.items():
        if body.get(name) not in harmless:
            raise InputError(f'"{name}" is not supported yet', hint=f'leave "{name}" out')


class Form(Protocol):
    """How events are written for one endpoint."""

    def whole(self, events: list[Json]) -> Json:
        """The answer in one body."""
        ...

    def piece(self, event: Json) -> Json:
        """One chunk of a stream."""
        ...

    def closing(self, last: Json) -> list[Json]:
        """Chunks after that of the last event."""
        ...


class OpenAIForm(ABC):
    """What OpenAI's endpoints share: one choice, and what it cost.

    Args:
        model: The name the answer gives to it.
        with_usage: The stream ends with a chunk of its own for the usage.
    """

    kind: ClassVar[str]
    chunk_kind: ClassVar[str]
    id_prefix: ClassVar[str]

    def __init__(self, model: str, *, with_usage: bool = False) -> None:
        self._head = {"id": f"{self.id_prefix}-{time.time_ns():x}", "created": int(time.time()), "model": model}
        self._with_usage = with_usage

    def whole(self, events: list[Json]) -> Json:
        """The answer in one body."""
        choice = self.whole_choice("".join(event["text"] for event in events))
        return self._head | {"object": self.kind} | ending(choice, events[-1]) | usage(events[-1])

    def piece(self, event: Json) -> Json:
        """One chunk of a stream."""
        none_yet = {"usage": None} if self._with_usage else {}
        return self._head | {"object": self.chunk_kind} | ending(self.piece_choice(event["text"]), event) | none_yet

    def closing(self, last: Json) -> list[Json]:
        """The usage, if it was asked for."""
        return [self._head | {"object": self.chunk_kind, "choices": []} | usage(last)] if self._with_usage else []

    @abstractmethod
    def whole_choice(self, text: str) -> Json:
        """A whole text, as the endpoint writes it."""

    @abstractmethod
    def piece_choice(self, text: str) -> Json:
        """A piece of text, as the endpoint writes it."""


class Completions(OpenAIForm):
    """`text_completion` objects."""

    kind = chunk_kind = "text_completion"
    id_prefix = "cmpl"

    def whole_choice(self, text: str) -> Json:
        """The text as it is."""
        return {"index": 0, "text": text, "logprobs": None}

    piece_choice = whole_choice


class Chat(OpenAIForm):
    """`chat.completion` objects."""

    kind = "chat.completion"
    chunk_kind = "chat.completion.chunk"
    id_prefix = "chatcmpl"

    def whole_choice(self, text: str) -> Json:
        """A message."""
        return {"index": 0, "message": {"role": "assistant", "content": text}}

    def piece_choice(self, text: str) -> Json:
        """A part of a message."""
        return {"index": 0, "delta": {"role": "assistant", "content": text}}


def ending(choice: Json, event: Json) -> Json:
    """Choices, and with the last event our timings."""
    fields: Json = {"choices": [choice | {"finish_reason": event.get("finish_reason")}]}
    return fields | {"timings": event["timings"]} if "timings" in event else fields


def usage(last: Json) -> Json:
    """OpenAI's token counts, from the last event."""
    timings = last["timings"]
    prompt, completion = timings["num_prompt_tokens"], timings["num_completion_tokens"]
    counts = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": timings["num_cached_tokens"]},
    }
    return {"usage": counts}
