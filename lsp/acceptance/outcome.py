"""What is said of a suggestion: when it is shown, and when it is known what became of it."""

from dataclasses import dataclass
from typing import Literal

from lsp.acceptance.region import Place

End = Literal["shown", "accepted", "partly", "typed", "dismissed"]
"""How a suggestion ended. `partly`: a part was taken, then something else was typed. `typed`: by hand, at least its
first line. `dismissed`: neither. `shown`: the document was closed before anything could be told."""
Trigger = Literal["automatic", "manual"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known of a suggestion when it is shown. No source text."""

    key: str
    """Unlike any other on this machine."""
    shown_at: float
    """Seconds since 1970."""
    language: str
    model: str
    prompt_hash: str
    trigger: Trigger
    latency_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What an editor is given to show."""

    id: int
    uri: str
    start: Place
    """Of the text that an editor replaces by `text`; its end is the cursor."""
    standing: str = ""
    """That text."""
    text: str
    circumstances: Circumstances

    @property
    def rest(self) -> str:
        """What is new in it."""
        return self.text.removeprefix(self.standing)

    @property
    def num_standing(self) -> int:
        """Its characters that are not new."""
        return len(self.text) - len(self.rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a suggestion. It can be told twice: the second time `num_kept` is known."""

    circumstances: Circumstances
    end: End
    num_shown: int
    """Characters; so are `num_accepted` and `num_kept`."""
    num_lines: int
    num_accepted: int = 0
    """Taken, not typed."""
    num_words: int = 0
    """Of those that were accepted."""
    num_kept: int | None = None
    """Accepted characters that are still there later; None: not known."""
