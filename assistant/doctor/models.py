"""The models: whole, not too large, and what the one in use can do."""

import contextlib
import hashlib
from pathlib import Path

from assistant import config, paths
from assistant.doctor.check import Check
from assistant.errors import CairnError
from assistant.models import local
from assistant.models.card import ModelCard, read_card
from assistant.models.memory import check_memory
from assistant.models.opened import OpenModel

DEMONSTRATION = "a demonstration of a few million parameters: choose a real one for real work (README, Models)"


def check_builtin() -> Check:
    """The built-in model is the one its manifest describes."""
    wanted, found = local.manifest()["sha256"], sha256(paths.BUILTIN_MODEL)
    hint = "" if found == wanted else "install Cairn again"
    return Check("built-in model", found == wanted, f"sha256 {found[:16]}…", hint)


def check_model() -> Check:
    """The chosen model is there, whole, and not too large."""
    try:
        settings = config.load()
        path, card = local.describe(settings.model)
        with contextlib.closing(OpenModel(path)) as file:
            check_memory(file, settings.context_tokens)
    except CairnError as error:
        return Check("model", False, str(error), error.hint)
    found = f"{settings.model}: {card.architecture} {card.file_type}, {skills(card)}"
    hint = DEMONSTRATION if settings.model == "builtin" else ""
    return Check("model", True, f"{found}; {context(card, settings.context_tokens)} ({path})", hint)


def skills(card: ModelCard) -> str:
    """What the header promises: holes, and a template for chats."""
    holes = "fills holes" if card.fim else "cannot fill holes: completions need another model"
    return f"{holes}, chats {'by its own template' if card.chat_template else 'by a template of ours'}"


def context(card: ModelCard, wanted_tokens: int) -> str:
    """The context that a request gets, of what was asked for and what the model was trained for."""
    trained = card.context_length_tokens
    least = min(trained, wanted_tokens)
    return f"{least} tokens of context: trained for {trained}, set to {wanted_tokens}"


def check_others(*, is_full: bool) -> Check:
    """Every model of the list can be opened; with `is_full`, their hashes, to compare."""
    found: list[str] = []
    broken: list[str] = []
    for model in local.list_models():
        try:
            read_card(model.path)
        except CairnError as error:
            broken.append(f"{model.name}: {error}")
            continue
        hashed = f" sha256 {sha256(model.path)}" if is_full else ""
        found.append(f"{model.name} ({model.num_bytes / 2**20:.0f} MB){hashed}")
    return Check("models", not broken, ", ".join([*broken, *found]), "import them again" if broken else "")


def sha256(file: Path) -> str:
    """Of a whole file, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
