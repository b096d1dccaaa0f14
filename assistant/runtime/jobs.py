"""One request inside the engine: its tokens, how far it is, and when its text ends. No llama.cpp, no threads."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Protocol

from assistant.protocol import FinishReason, Timings
from assistant.runtime.sequences import Sequence
from assistant.runtime.stops import StopStrings


class RequestClass(IntEnum):
    """Lower goes first. A keystroke interrupts everything else; a person waits for it with a finger in the air."""

    KEYSTROKE = 0
    CHAT = 1


class Decoder(Protocol):
    """Token ids to text, a token at a time."""

    def push(self, token: int) -> str:
        """The text that `token` completes."""
        ...

    def finish(self) -> str:
        """What an unfinished character leaves."""
        ...


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """A request on its way. `tokens` is prompt and answer; all before `num_computed` is in the KV cache."""

    id: int
    request_class: RequestClass
    tokens: list[int]
    max_tokens: int
    stops: StopStrings
    decoder: Decoder
    pick: Callable[[int], int]
    """Choose the next token from the logits at an index of the last batch."""
    close: Callable[[], None]
    """Free what `pick` holds."""
    key: tuple[str, str] | None = None
    """(client, document): a newer job with the same key cancels this one."""
    submitted_at: float = field(default_factory=time.perf_counter)
    first_token_at: float = 0.0
    last_token_at: float = 0.0
    num_prompt_tokens: int = 0
    num_cached_tokens: int = 0
    sequence: Sequence | None = None
    text: str = ""
    """Text not yet handed over."""
    finish_reason: FinishReason | None = None

    def __post_init__(self) -> None:
        self.num_prompt_tokens = len(self.tokens)

    @property
    def num_completion_tokens(self) -> int:
        """Tokens of the answer so far."""
        return len(self.tokens) - self.num_prompt_tokens

    def accept(self, token: int, end_ids: frozenset[int]) -> None:
        """Take the next token of the answer; sets `finish_reason` when the answer ends with it."""
        self.last_token_at = time.perf_counter()
        self.first_token_at = self.first_token_at or self.last_token_at
        if token in end_ids:
            self._finish("stop")
            return
        self.tokens.append(token)
        self.text += self.stops.push(self.decoder.push(token))
        if self.stops.is_met:
            self.finish_reason = "stop"
        elif self.num_completion_tokens >= self.max_tokens:
            self._finish("length")

    def timings(self) -> Timings:
        """What it cost."""
        seconds = self.last_token_at - self.first_token_at
        return Timings(
            num_prompt_tokens=self.num_prompt_tokens,
            num_cached_tokens=self.num_cached_tokens,
            num_completion_tokens=self.num_completion_tokens,
            ttft_ms=round(1e3 * (self.first_token_at - self.submitted_at), 3) if self.first_token_at else 0.0,
            decode_tokens_per_s=round((self.num_completion_tokens - 1) / seconds, 1) if seconds > 0 else 0.0,
        )

    def _finish(self, reason: FinishReason) -> None:
        self.text += self.stops.push(self.decoder.finish()) + self.stops.finish()
        self.finish_reason = "stop" if self.stops.is_met else reason


Emit = Callable[[dict[str, Any]], None]
"""Hands an event to the daemon."""
