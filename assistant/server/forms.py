"""Engine events as OpenAI's endpoints write them. Pure data, no I/O."""

import time
from abc import ABC, abstractmethod
from typing import ClassVar, Protocol

from assistant.protocol import Json


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
