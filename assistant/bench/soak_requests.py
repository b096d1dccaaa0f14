"""The mixed requests of a soak: holes, chats and texts, greedy and sampled, drawn once and asked for many times."""

import random
from dataclasses import dataclass
from typing import Literal

from assistant.bench.trace import module_text
from assistant.protocol import Json

QUESTIONS = (
    "Return the sum of two numbers.",
    "Reverse a string.",
    "What does this do?",
    "Count to ten.",
    "Write a test.",
)
PATHS = {"fim": "/v1/completions", "chat": "/v1/chat/completions", "text": "/v1/completions"}
MAX_TOKENS = (1, 48)
CONTEXT_LINES = (1, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request."""

    number: int
    kind: Literal["fim", "chat", "text"]
    before: str
    """Of the hole; or what a text goes on from, or a chat is about."""
    after: str
    max_tokens: int
    temperature: float

    @property
    def is_greedy(self) -> bool:
        """Its answer is always the same."""
        return self.temperature == 0

    @property
    def path(self) -> str:
        """Where it is asked."""
        return PATHS[self.kind]

    @property
    def body(self) -> Json:
        """What is asked."""
        limits: Json = {"max_tokens": self.max_tokens, "temperature": self.temperature}
        if self.kind == "chat":
            return limits | {"messages": [{"role": "user", "content": self.before}]}
        return limits | {"prompt": self.before} | ({"suffix": self.after} if self.kind == "fim" else {})


def draw_requests(count: int, *, seed: int = 0) -> list[Ask]:
    """Draw different requests over the lines of a real file."""
    draw = random.Random(seed)  # noqa: S311
    lines = module_text().splitlines(keepends=True)
    return [_draw_one(draw, lines, number) for number in range(count)]


def _draw_one(draw: random.Random, lines: list[str], number: int) -> Ask:
    kind = draw.choice(("fim", "fim", "chat", "text"))
    place = draw.randrange(len(lines) - CONTEXT_LINES[1])
    end = place + draw.randint(*CONTEXT_LINES)
    before, after = "".join(lines[place:end]), "".join(lines[end + 1 : end + 6])
    typed = before[: draw.randint(1, len(before))]
    return Ask(
        number=number,
        kind=kind,
        before=f"{draw.choice(QUESTIONS)}\n{typed}" if kind == "chat" else typed,
        after=after if kind == "fim" else "",
        max_tokens=draw.randint(*MAX_TOKENS),
        temperature=draw.choice((0.0, 0.0, 0.8)),
    )
