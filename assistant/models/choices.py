"""What somebody without a model may choose from: pure data for a first screen, and nothing is asked of the network."""

from dataclasses import dataclass
from typing import Literal

from assistant.models import machine
from assistant.models.catalogue import Entry, entries
from assistant.models.elsewhere import Found, find_elsewhere
from assistant.models.fit import Fit, judge, needs_of_entry
from assistant.models.licences import is_permissive
from assistant.models.local import LocalModel, list_models
from assistant.models.machine import Memory

NUM_OFFERED = 3
COMFORTABLE_TOKENS_PER_S = 8.0
"""Below it a person waits for every line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A model of the catalogue that this machine can run."""

    entry: Entry
    fit: Fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a first screen shows, best first in each list."""

    offers: tuple[Offer, ...]
    """To download, three at most: permissive, fitting, for both roles where possible."""
    here: tuple[LocalModel, ...]
    """In the list already; the built-in model is last, and always there."""
    elsewhere: tuple[Found, ...]
    """Of other programs, to be used where they lie."""
    is_first_run: bool
    """Nothing but the built-in model is here."""


def choices(context_tokens: int) -> Choices:
    """Look at this machine: its memory is measured for a tenth of a second, its folders are read."""
    builtin, *others = list_models()
    return Choices(
        offers=offers(machine.memory(), machine.bandwidth(), context_tokens=context_tokens),
        here=(*others, builtin),
        elsewhere=tuple(find_elsewhere()),
        is_first_run=not others,
    )


def offers(
    memory: Memory,
    bandwidth: float,
    *,
    context_tokens: int,
    known: tuple[Entry, ...] | None = None,
    role: Literal["completion", "chat"] = "completion",
) -> tuple[Offer, ...]:
    """The three that suit a machine: the largest that stays quick first, then what is smaller or slower.

    Args:
        memory: Of the machine.
        bandwidth: Of its memory, in bytes per second.
        context_tokens: Size of the KV cache.
        known: The catalogue; the shipped one if None.
        role: What it is for.
    """
    fitting = [
        Offer(entry=entry, fit=fit)
        for entry in (entries() if known is None else known)
        if is_permissive(entry.licence) and role in entry.roles
        for fit in [judge(needs_of_entry(entry), memory, context_tokens=context_tokens, bandwidth=bandwidth)]
        if fit.verdict == "fits"
    ]

    def order(offer: Offer) -> tuple[bool, bool, float]:
        is_quick = offer.fit.tokens_per_s >= COMFORTABLE_TOKENS_PER_S
        size = offer.entry.num_bytes
        return not is_quick, len(offer.entry.roles) < 2, -size if is_quick else size

    return tuple(sorted(fitting, key=order)[:NUM_OFFERED])
