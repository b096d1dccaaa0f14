"""One request inside the engine: its tokens, how far it is, and when its text ends. No llama.cpp, no threads."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Protocol

from assistant.protocol import FinishReason, Timings
from assistant.runtime.prefix_tree import Sequence
from assistant.runtime.repetition import Repetition
from assistant.runtime.stops import StopStrings


class RequestClass(IntEnum):
    """Lower goes first. A keystroke interrupts everything else; a person waits for it with a finger in the air."""

    KEYSTROKE = 0
    CHAT = 1
    WARM_UP = 2


class Decoder(Protocol):
    """Token ids to text, a token at a time."""

    def push(self, token: int) -> str:
        """The text that `token` completes."""
        ...

    def finish(self) -> str:
        """What an unfinished character leaves."""
        ...


class Drafter(Protocol):
    """Guesses the next tokens of an answer, so that they can be checked in one decode."""

    def draft(self, tokens: list[int], max_tokens: int) -> list[int]:
        """The next tokens after `tokens`, prompt and answer; empty where guessing does not pay."""
        ...

    def observe(self, num_drafted: int, num_accepted: int) -> None:
        """Learn from a decode: how many guessed tokens it checked, and how many were right."""
        ...

    def extend(self, token: int) -> None:
        """The answer has grown by `token`."""
        ...


Weights = tuple[tuple[str, float], ...]
"""LoRA adapters over the model's own weights, as (identity, scale): KV entries are only good under the same."""


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """A request on its way. `tokens` is prompt and answer; the sequence says how many of them are in the KV cache."""

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
    drafter: Drafter | None = None
    weights: Weights = ()
    key: tuple[str, str] | None = None
    """(client, document): a newer job with the same key cancels this one."""
    submitted_at: float = field(default_factory=time.perf_counter)
    first_token_at: float = 0.0
    last_token_at: float = 0.0
    last_turn_at: float = 0.0
    """When a decode last had tokens of this job, or when it came."""
    last_turn_s: float = 0.0
    last_said_at: float = 0.0
    num_prompt_tokens: int = 0
    num_cached_tokens: int = 0
    num_drafted_tokens: int = 0
    num_accepted_tokens: int = 0
    sequence: Sequence | None = None
    is_waiting_for_room: bool = False
    """The cache was full; it goes on when another job has ended."""
    text: str = ""
    """Text not yet handed over."""
    finish_reason: FinishReason | None = None
    repetition: Repetition = field(default_factory=Repetition)

    def __post_init__(self) -> None:
        self.num_prompt_tokens = len(self.tokens)
        self.last_turn_at = self.submitted_at

    @property
    def num_completion_tokens(self) -> int:
        """Tokens of the answer so far."""
        return len(self.tokens) - self.num_prompt_tokens

    @property
    def num_pending(self) -> int:
        """Tokens that are to be computed before the next one can be chosen."""
        return len(self.tokens) - (len(self.sequence.tokens) if self.sequence else 0)

    @property
    def is_decoding(self) -> bool:
        """Whether its prompt is computed: each step from now on gives tokens of the answer."""
        return self.num_completion_tokens > 0 and self.num_pending == 1

    def accept(self, token: int, end_ids: frozenset[int]) -> None:
        """Take the next token of the answer; sets `finish_reason` when the answer ends with it."""
        self.last_token_at = time.perf_counter()
        self.first_token_at = self.first_token_at or self.last_token_at
        if token in end_ids:
            self.end("stop")
            return
        self.tokens.append(token)
        if self.drafter:
            self.drafter.extend(token)
        self.text += self.stops.push(self.decoder.push(token))
        if self.stops.is_met:
            self.finish_reason = "stop"
        elif self.num_completion_tokens >= self.max_tokens:
            self.end("length")
        elif self.repetition.push(token):  # it would go round in circles until its limit
            self.end("stop")

    def end(self, reason: FinishReason) -> None:
        """End the answer here; what was held back of its text is said."""
        self.text += self.stops.push(self.decoder.finish()) + self.stops.finish()
        self.finish_reason = "stop" if self.stops.is_met else reason

    def timings(self) -> Timings:
        """What it cost."""
        seconds = self.last_token_at - self.first_token_at
        return Timings(
            num_prompt_tokens=self.num_prompt_tokens,
            num_cached_tokens=self.num_cached_tokens,
            num_completion_tokens=self.num_completion_tokens,
            num_drafted_tokens=self.num_drafted_tokens,
            num_accepted_tokens=self.num_accepted_tokens,
            ttft_ms=round(1e3 * (self.first_token_at - self.submitted_at), 3) if self.first_token_at else 0.0,
            decode_tokens_per_s=round((self.num_completion_tokens - 1) / seconds, 1) if seconds > 0 else 0.0,
        )


Emit = Callable[[dict[str, Any]], None]
"""Hands an event to the daemon."""
