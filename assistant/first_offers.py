"""What somebody without a model is offered, before the first chat; nothing is asked of the network."""

import os

import psutil

from assistant import config
from assistant.models import local
from assistant.tui.first_run import Offer

BUILT_IN = Offer(
    group="Without a model of your own",
    title="the built-in model",
    about="a demonstration: 4 million parameters",
    arguments=("models", "use", "builtin"),
)
"""To take it writes the choice into the settings, and a choice is not asked for again."""


def first_offers() -> list[Offer]:
    """The offers, best first; none once somebody has chosen a model, has imported one, or asks another machine."""
    chosen = {setting.name: setting for setting in config.effective()}
    has_chosen = chosen["model"].origin != "default" or bool(chosen["endpoint"].value)
    if has_chosen or len(local.list_models()) > 1:
        return []
    return [BUILT_IN]


def machine() -> str:
    """What the offers are for."""
    memory = psutil.virtual_memory()
    return f"{len(os.sched_getaffinity(0))} cores, {memory.available / 2**30:.0f} GB of memory free"
