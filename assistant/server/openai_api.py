"""OpenAI's requests as our messages. Pure data, no I/O."""

from collections.abc import Sequence
from typing import Any, cast

from assistant.errors import InputError
from assistant.protocol import ChatRequest, FimRequest, Json, TextRequest, decode
from assistant.server.fields import (
    FIM,
    SAMPLING,
    answer_form,
    bounded,
    check_supported,
    chosen,
    refuse_forms,
    stop_strings,
)


def completion_request(body: Json) -> tuple[str, FimRequest | TextRequest]:
    """`/v1/completions`: with a `suffix` it is a hole, without one a text to continue.

    Raises:
        InputError: A field is missing, of the wrong type, out of range, or not supported.
    """
    check_supported(body)
    prompt = body.get("prompt")
    fields = chosen(body, "max_tokens", "deadline_ms", *SAMPLING) | stop_strings(body)
    if body.get("suffix") is None:
        return "text", bounded(decode(fields | answer_form(body) | {"prompt": prompt}, TextRequest))
    refuse_forms(body)
    fields |= chosen(body, "suffix", "chunks", *FIM)
    return "fim", bounded(decode(fields | {"prefix": prompt}, FimRequest))


def with_hole(body: Json, fim_marks: Sequence[str]) -> Json:
    """The body of `/v1/completions`; a prompt that its sender laid out as a hole is taken apart into prefix and suffix.

    Zed and others write the marks of the served family into it: prefix mark, prefix, suffix mark, suffix, middle mark.
    Any other text with marks in it is text.
    """
    prompt: Any = body.get("prompt")
    if body.get("suffix") is not None or not fim_marks or not isinstance(prompt, str):
        return body
    begin, between, end = fim_marks
    prefix, _, suffix = prompt.removeprefix(begin).removesuffix(end).partition(between)
    if prompt != f"{begin}{prefix}{between}{suffix}{end}" or between in suffix:
        return body
    return body | {"prompt": prefix, "suffix": suffix}


def chat_request(body: Json) -> ChatRequest:
    """`/v1/chat/completions`. Raises as `completion_request`."""
    check_supported(body)
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    messages: Any = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise InputError(
            "messages must be a list of at least one turn", hint='send {"messages": [{"role": "user", "content": "…"}]}'
        )
    fields = chosen(body, "deadline_ms", *SAMPLING) | stop_strings(body) | answer_form(body)
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


def wants_usage(body: Json) -> bool:
    """Whether a stream shall end with what it cost."""
    options: Any = body.get("stream_options")
    return isinstance(options, dict) and cast(Json, options).get("include_usage") is True
