"""Which model a word on the command line means."""

import os
from collections.abc import Sequence
from pathlib import Path

from assistant.errors import InputError
from assistant.remote.endpoint import KEY_VARIABLE
from training.asking.endpoint import daemon, endpoint_at, origin_of
from training.asking.gguf import GgufModel
from training.asking.model import Model
from training.asking.patience import Manners

FORMS = "daemon, FILE.gguf or http://HOST:PORT/v1#MODEL"


def open_model(source: str, manners: Manners, *, key: str = "") -> Model:
    """The model that SOURCE names; it starts when its block is entered.

    Raises:
        InputError: It names none.
        ConfigError: It is no address.
        DaemonError: Our daemon does not run.
    """
    if source == "daemon":
        return daemon(manners)
    if is_address(source):
        return endpoint_at(source, manners, key=key)
    if source.endswith(".gguf"):
        return GgufModel(Path(source), width=manners.width)
    raise InputError(f"no such source: {source}", hint=f"write {FORMS}")


def is_address(source: str) -> bool:
    """Whether it is a server somewhere, which may want a key."""
    return source.startswith(("http://", "https://"))


def key_for(sources: Sequence[str]) -> str:
    """The key of the environment, for the one server among `sources`; never printed, never sent to two.

    Raises:
        InputError: There are two servers, and nobody knows whose it is.
    """
    key = os.environ.get(KEY_VARIABLE, "")
    if key and len({origin_of(each) for each in sources if is_address(each)}) > 1:
        raise InputError(
            f"{KEY_VARIABLE} is set and two servers are asked",
            hint="run the command once for each, with its own key; the file goes on",
        )
    return key
