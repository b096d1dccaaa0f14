"""Which excerpts the model is shown, and in which order, so that the order seldom changes. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, zip_longest

from lsp.context.excerpt import Excerpt
from lsp.context.similar import ECHO, SAME, dice

SLACK = 4
"""One part in this many of the budget is left for excerpts that come later: they are appended, and nothing moves."""

Near = Callable[[int], str]
"""So many lines around the cursor."""


def choose(
    found: Mapping[str, Sequence[Excerpt]], shares: Mapping[str, float], near: Near, *, num_chars: int
) -> list[Excerpt]:
    """The best of what was found, of each source in turn: the engine keeps the first ones where it has little room.

    Args:
        found: Excerpts by source, the best first.
        shares: Part of the budget of each source, 1 in all; what one leaves, the others may have.
        near: What is like the text around the cursor is left out, because the model would repeat it.
        num_chars: Budget.
    """
    taken: dict[str, list[Excerpt]] = {name: [] for name in shares}
    left = num_chars
    for is_shared in (True, False):
        for name, share in shares.items():
            room = min(left, int(num_chars * share)) if is_shared else left
            for excerpt in found.get(name, ()):
                others = chain.from_iterable(taken.values())
                if len(excerpt.text) <= room and not echoes(excerpt, near) and not _is_known(excerpt, others):
                    taken[name].append(excerpt)
                    room -= len(excerpt.text)
                    left -= len(excerpt.text)
    return [excerpt for rank in zip_longest(*taken.values()) for excerpt in rank if excerpt is not None]


def settle(old: Sequence[Excerpt], wanted: Sequence[Excerpt], near: Near, *, num_chars: int) -> tuple[Excerpt, ...]:
    """What is shown from now on: what was shown before, with the new ones behind it.

    Only when the budget is full do those go that are not wanted any more. The rest keeps its order.
    """
    fresh = [each for each in wanted if not any(_is_same(each, other) for other in old)]
    kept = [each for each in old if not echoes(each, near) and not any(_replaces(new, each) for new in fresh)]
    if sum(len(each.text) for each in (*kept, *fresh)) > num_chars:
        kept = [each for each in kept if any(_is_same(each, other) for other in wanted)]
    return (*kept, *fresh)


def echoes(excerpt: Excerpt, near: Near) -> bool:
    """Whether it is like as many lines around the cursor."""
    return dice(excerpt.text, near(max(2, excerpt.text.count("\n") // 2))) > ECHO


def _is_known(excerpt: Excerpt, others: Iterable[Excerpt]) -> bool:
    return any(dice(excerpt.text, each.text) > (ECHO if excerpt.path == each.path else SAME) for each in others)


def _is_same(one: Excerpt, other: Excerpt) -> bool:
    return one.path == other.path and dice(one.text, other.text) > SAME


def _replaces(new: Excerpt, old: Excerpt) -> bool:
    """Whether it shows mostly the same, as it is now."""
    return new.path == old.path and dice(new.text, old.text) > ECHO
