"""What is said in the chats of tests, and when."""

from typing import Any

from assistant.chats.store import Exchange
from assistant.chats.tree import Said


class FakeClock:
    """Each time it is read, a second has passed."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        self.now += 1
        return self.now


def said(*texts: str) -> tuple[Said, ...]:
    """Question, answer, question and so on."""
    return tuple(Said(role="assistant" if number % 2 else "user", text=text) for number, text in enumerate(texts))


def exchange(*texts: str, chat: str = "chat", turn: str = "", **more: Any) -> Exchange:
    """The last text is a question without an answer so far, or, for an even number of texts, an answer that is over."""
    answer = "" if len(texts) % 2 else texts[-1]
    questions = texts if len(texts) % 2 else texts[:-1]
    defaults = {"answer": answer, "is_over": not len(texts) % 2}
    return Exchange(turn=turn or f"{chat}{texts}", chat=chat, path=said(*questions), **defaults | more)
