"""What somebody without a model is offered, before the first chat; nothing is asked of the network."""

import os

from assistant import config
from assistant.models import choices, machine
from assistant.tui.first_run import Offer

BUILT_IN = Offer(
    group="Without a model of your own",
    title="the built-in model",
    about="a demonstration: 4 million parameters",
    commands=(("models", "use", "builtin"),),
)
"""To take it writes the choice into the settings, and a choice is not asked for again."""
MAX_ELSEWHERE = 4
"""All offers have a key, 1 to 9."""


def first_offers() -> list[Offer]:
    """The offers, best first; none once somebody has chosen a model, has imported one, or asks another machine."""
    chosen = {setting.name: setting for setting in config.effective()}
    if chosen["model"].origin != "default" or chosen["endpoint"].value:
        return []
    found = choices.choices(chosen["context_tokens"].value)
    if not found.is_first_run:
        return []
    return [*map(_to_fetch, found.offers), *map(_to_import, found.elsewhere[:MAX_ELSEWHERE]), BUILT_IN]


def this_machine() -> str:
    """What the offers are for."""
    return f"{len(os.sched_getaffinity(0))} cores, {machine.memory().free / 1e9:.0f} GB of memory free"


def _to_fetch(offer: choices.Offer) -> Offer:
    entry, name = offer.entry, offer.entry.name
    about = f"{entry.num_bytes / 1e9:.1f} GB, {entry.licence}, at most {offer.fit.tokens_per_s:.0f} tokens/s here"
    return Offer(
        group="Fetch from huggingface.co",
        title=name,
        about=about,
        commands=(("models", "pull", name), ("models", "use", name)),
    )


def _to_import(found: choices.Found) -> Offer:
    return Offer(
        group="Already on this disk",
        title=found.name,
        about=f"{found.num_bytes / 1e9:.1f} GB, stays where it is",
        commands=(("models", "import", found.name), ("models", "use", found.local_name)),
    )
