"""What a model would write in a chat, without one: prose, lists, tables and code, piece by piece at a steady pace."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from assistant import __version__
from assistant.protocol import (
    PROTOCOL_VERSION,
    ChatDelta,
    ChatRequest,
    Completion,
    FimRequest,
    Status,
    Timings,
)
from assistant.tui.conversation import Conversation, Turn

TOKEN_CHARACTERS = 4
_PART = """\
The function below walks the list once and keeps what it needs in a *dictionary*, so that looking up is cheap. Mind the
`None` at the end: an empty list has no largest element.

```python
def largest_by_key(rows: list[dict[str, int]], key: str) -> dict[str, int] | None:
    best: dict[str, int] | None = None
    for row in rows:
        if best is None or row[key] > best[key]:
            best = row  # the first of equal rows stays
    return best
```

1. It reads every row once.
2. It never changes a row.
3. With equal rows the first one wins.

| rows | time | memory |
|---|---|---|
| 1,000 | 0.1 ms | constant |
| 1,000,000 | 95 ms | constant |

"""
_PART_LINES = 21
"""As laid out 100 cells wide, blank lines included."""


def pieces(num_tokens: int) -> list[str]:
    """Tokens of `TOKEN_CHARACTERS` each."""
    text = _PART * (1 + num_tokens * TOKEN_CHARACTERS // len(_PART))
    return [
        text[start : start + TOKEN_CHARACTERS] for start in range(0, num_tokens * TOKEN_CHARACTERS, TOKEN_CHARACTERS)
    ]


def long_conversation(num_lines: int, *, lines_per_answer: int = 100) -> Conversation:
    """A conversation that fills about so many lines."""
    answer = _PART * max(1, lines_per_answer // _PART_LINES)
    turn = Turn(question="How do I find the row with the largest value?", answer=answer)
    return Conversation((turn,) * (num_lines // lines_per_answer))


@dataclass(slots=True)
class PacedAssistant:
    """An `Assistant` that writes the same answer again and again.

    Attributes:
        tokens: Of an answer.
        tokens_per_s: Its pace; 0: as fast as they are taken.
    """

    tokens: Sequence[str] = ()
    tokens_per_s: float = 0.0

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatDelta, None]:
        """Give each token at its time, and never one early to make up for a late one."""
        started_s = time.monotonic()
        for number, token in enumerate(self.tokens):
            delay_s = started_s + number / self.tokens_per_s - time.monotonic() if self.tokens_per_s else 0.0
            await asyncio.sleep(max(0.0, delay_s))
            yield ChatDelta(text=token)
        timings = Timings(
            num_prompt_tokens=len(request.messages),
            num_cached_tokens=0,
            num_completion_tokens=len(self.tokens),
            ttft_ms=0.0,
            decode_tokens_per_s=self.tokens_per_s,
        )
        yield ChatDelta(text="", finish_reason="stop", timings=timings)

    async def complete(self, request: FimRequest) -> Completion:
        """Nothing is typed here."""
        raise NotImplementedError

    async def status(self) -> Status:
        """A model of no size."""
        return Status(
            version=__version__,
            protocol=PROTOCOL_VERSION,
            pid=1,
            model="paced",
            model_path="",
            context_tokens=8192,
            num_queued=0,
            slots=(),
            memory_bytes=0,
        )

    async def aclose(self) -> None:
        """Nothing is open."""
