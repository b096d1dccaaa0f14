"""Whether all of it fits, said with what could be left out: nothing is ever cut. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.errors import InputError

MIN_ANSWER_TOKENS = 64
"""Room for less of an answer is none."""
_MANY = 3


class TooMuchError(InputError):
    """What shall be sent does not fit into the model's context."""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of what is sent, and what it takes."""

    label: str
    num_tokens: int


def check_fits(total: int, limit: int, droppable: Sequence[Share]) -> None:
    """Refuse what leaves no room for an answer.

    Args:
        total: Tokens of the whole prompt.
        limit: Tokens that the model holds, answer included.
        droppable: Parts that could be left out.

    Raises:
        TooMuchError: It does not fit; the hint names the largest parts.
    """
    excess = total + MIN_ANSWER_TOKENS - limit
    if excess <= 0:
        return
    largest = sorted(droppable, key=lambda share: -share.num_tokens)[:_MANY]
    named = ", ".join(f"{share.label} ({short(share.num_tokens)})" for share in largest if share.num_tokens)
    hint = f"leave out, or name fewer lines of: {named}; or start over with /new" if named else "start over with /new"
    raise TooMuchError(
        f"this is {short(total)} tokens and the model holds {short(limit)}: {short(excess)} too many; nothing was sent",
        hint=hint,
    )


def short(tokens: int) -> str:
    """A count of tokens as meters show it: 950, 3.2k, 12k."""
    if tokens < 1000:
        return str(tokens)
    return f"{tokens / 1000:.1f}k" if tokens < 10_000 else f"{tokens / 1000:.0f}k"
