"""The models on this machine: the built-in one, imported ones, and any GGUF by its path."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant import paths
from assistant.errors import ModelFileError
from assistant.models.card import ModelCard, read_card
from assistant.models.catalogue import entries


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalModel:
    """A model that can be chosen by name."""

    name: str
    path: Path
    num_bytes: int


def list_models() -> list[LocalModel]:
    """The built-in model first, then what was imported, by name."""
    files = [paths.BUILTIN_MODEL, *sorted(paths.models_dir().glob("*.gguf"))]
    names = ["builtin", *(file.stem for file in files[1:])]
    return [
        LocalModel(name=name, path=file, num_bytes=file.stat().st_size)
        for name, file in zip(names, files, strict=True)
        if file.is_file()
    ]


def find_model(name: str) -> Path:
    """The file of a model, checked to be a whole GGUF before llama.cpp may see it.

    Args:
        name: `builtin`, an imported model's name, or a path.

    Raises:
        ModelFileError: There is no such model, or its file is broken.
    """
    named = {model.name: model.path for model in list_models()}
    path = named.get(name, Path(name).expanduser())
    if not path.is_file():
        raise ModelFileError(f'no model "{name}"', hint=_where_to_get(name, named))
    read_card(path)
    return path.resolve()


def find_listed(name: str) -> Path:
    """The file of a model of the list. Raises as `find_model`; a path is no name."""
    if name not in (model.name for model in list_models()):
        raise ModelFileError(
            f'no model is called "{name}"', hint="`cairn models list` shows the names; `cairn models import` adds one"
        )
    return find_model(name)


def describe(name: str) -> tuple[Path, ModelCard]:
    """A model's file and what its header says. Raises as `find_model`."""
    path = find_model(name)
    return path, read_card(path)


def _where_to_get(name: str, known: Iterable[str]) -> str:
    if any(entry.name in (name, name.rpartition("-")[0]) for entry in entries()):
        return f"cairn models pull {name}"
    return f"give the path of a GGUF file or one of: {', '.join(known) or 'none'}"


def manifest() -> dict[str, Any]:
    """How the built-in model was made: hash, recipe, corpus, licence, held-out loss."""
    return json.loads(paths.BUILTIN_MODEL.with_suffix(".json").read_text(encoding="utf-8"))
