"""The conversation as data: finished turns, frozen, and the one reply in flight. No widgets and no I/O live here."""

from dataclasses import dataclass, field, replace

from assistant.protocol import ChatDelta, ChatRequest, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A question and the answer to it, as far as it came."""

    question: str
    """As it was typed."""
    read: str = ""
    """What the model reads in its place, with the files that it names; empty: the question itself."""
    answer: str = ""
    """As the model wrote it, so that the next request repeats the very tokens the engine still has in its cache."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns in the order in which they were taken; a new value for each change."""

    turns: tuple[Turn, ...] = ()
    system: str = ""
    """What the model reads before the first turn: a preset, the project's own words."""

    def asked(self, question: str) -> "Conversation":
        """Add a turn that waits for its answer."""
        return replace(self, turns=(*self.turns, Turn(question=question)))

    def reading(self, text: str) -> "Conversation":
        """Let the model read this in the place of the last question."""
        last = self.turns[-1]
        return replace(self, turns=(*self.turns[:-1], replace(last, read="" if text == last.question else text)))

    def answered(self, answer: str) -> "Conversation":
        """Give the last turn its answer, or as much of it as came."""
        return replace(self, turns=(*self.turns[:-1], replace(self.turns[-1], answer=answer)))

    def request(self, *, max_tokens: int = 512) -> ChatRequest:
        """Ask for the answer to the last turn.

        A turn that failed before its first token is left out: to the model it never was, and roles keep alternating.
        """
        *past, last = self.turns
        messages = [Message(role="system", content=self.system)] if self.system else []
        for turn in past:
            if turn.answer:
                messages.append(Message(role="user", content=turn.read or turn.question))
                messages.append(Message(role="assistant", content=turn.answer))
        messages.append(Message(role="user", content=last.read or last.question))
        return ChatRequest(messages=tuple(messages), max_tokens=max_tokens)


@dataclass(slots=True, kw_only=True)
class Reply:
    """The answer in flight and its clock. Times are seconds of one monotonic clock, which the caller reads."""

    started_s: float
    first_token_s: float | None = None
    last_token_s: float = 0.0
    num_tokens: int = 0
    """Deltas that carried text. The daemon sends one a token; its own count replaces this at the end."""
    pieces: list[str] = field(default_factory=list[str])
    end: ChatDelta | None = None
    """The last delta, with the daemon's own measurements."""

    def take(self, delta: ChatDelta, now_s: float) -> None:
        """Add a piece of the answer that came at `now_s`."""
        if delta.text:
            self.first_token_s = now_s if self.first_token_s is None else self.first_token_s
            self.last_token_s = now_s
            self.num_tokens += 1
            self.pieces.append(delta.text)
        if delta.finish_reason:
            self.end = delta
            self.num_tokens = delta.timings.num_completion_tokens if delta.timings else self.num_tokens

    @property
    def text(self) -> str:
        """The answer so far."""
        return "".join(self.pieces)

    @property
    def ttft_ms(self) -> float | None:
        """Time to first token, or None before it: the daemon's where it has said, else as seen from here."""
        if self.end and self.end.timings:
            return self.end.timings.ttft_ms
        return None if self.first_token_s is None else 1000 * (self.first_token_s - self.started_s)

    @property
    def tokens_per_s(self) -> float | None:
        """Decode speed, or None while there are fewer than two tokens: the first is prefill's."""
        if self.end and self.end.timings:
            return self.end.timings.decode_tokens_per_s
        if self.first_token_s is None or self.last_token_s <= self.first_token_s:
            return None
        return (self.num_tokens - 1) / (self.last_token_s - self.first_token_s)

    @property
    def context_tokens(self) -> int | None:
        """Tokens of the context that the conversation fills, prompt and answer; None until the daemon has said."""
        if not (self.end and self.end.timings):
            return None
        return self.end.timings.num_prompt_tokens + self.end.timings.num_completion_tokens

    @property
    def cached_tokens(self) -> int | None:
        """Tokens of the prompt that were not computed again; None until the daemon has said."""
        return self.end.timings.num_cached_tokens if self.end and self.end.timings else None
