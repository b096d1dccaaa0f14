"""What a stage asks a model, and what comes back. Pure data."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from assistant.errors import CairnError
from assistant.protocol import Message

Prompt = str | tuple[Message, ...]
"""Text to continue, or a conversation that waits for its next turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """How an answer is drawn; names and meanings are OpenAI's."""

    temperature: float
    seed: int
    max_tokens: int
    top_p: float = 0.95
    stops: tuple[str, ...] = ()
    """The text ends before the first of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model said."""

    text: str
    finish_reason: str
    """"stop" or "length"; servers have others."""
    mean_logprob: float | None = None
    """Nats for each token; None where the server does not say."""


class RefusedError(CairnError):
    """This prompt gets no answer from this model; the next one may."""


class Model(AbstractAsyncContextManager["Model"], Protocol):
    """A language model that is asked. Leaving its block gives back what it holds."""

    @property
    def name(self) -> str:
        """Kind and name, as `endpoint/qwen2.5-coder-7b`: what its answers are filed under."""
        ...

    @property
    def width(self) -> int:
        """How many prompts it works on at a time."""
        ...

    async def ask(self, prompt: Prompt, draw: Draw) -> Reply:
        """Draw one answer.

        Raises:
            RefusedError: Not for this prompt.
            CairnError: Not at all.
        """
        ...


def cut(text: str, stops: tuple[str, ...]) -> str:
    """`text` up to the first of `stops`: servers differ in how many they take."""
    return text[: min((at for stop in stops if (at := text.find(stop)) >= 0), default=len(text))]
