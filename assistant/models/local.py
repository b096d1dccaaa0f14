"""The models on this machine: the built-in one, imported ones, and any GGUF by its path."""

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant import paths
from assistant.errors import InputError, ModelFileError
from assistant.models.card import ModelCard, read_card

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


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
        known = ", ".join(named) or "none"
        raise ModelFileError(f'no model "{name}"', hint=f"give the path of a GGUF file or one of: {known}")
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


def import_model(source: Path, name: str | None = None) -> LocalModel:
    """Copy a GGUF file into the user's models, under its own name or `name`; checked, written beside and renamed.

    Raises:
        ModelFileError: It is not a whole GGUF file.
        InputError: The name cannot be used, or is taken.
    """
    if not source.is_file():
        raise ModelFileError(f"no such file: {source}", hint="give the path of a GGUF file")
    read_card(source)
    name = name or source.stem
    if not NAME.fullmatch(name) or name == "builtin":
        raise InputError(
            f'"{name}" cannot be a model\'s name', hint="use letters, digits, dots and dashes: --name NAME"
        )
    target = paths.models_dir() / f"{name}.gguf"
    if target.exists():
        raise InputError(f'there is a model "{name}" already', hint="choose another with --name NAME")
    target.parent.mkdir(parents=True, exist_ok=True)
    _copy(source, target)
    return LocalModel(name=name, path=target, num_bytes=target.stat().st_size)


def manifest() -> dict[str, Any]:
    """How the built-in model was made: hash, recipe, corpus, licence, held-out loss."""
    return json.loads(paths.BUILTIN_MODEL.with_suffix(".json").read_text(encoding="utf-8"))


def _copy(source: Path, target: Path) -> None:
    partial = target.with_name(f"{target.name}.partial-{os.getpid()}")
    try:
        shutil.copyfile(source, partial)
        with partial.open("rb") as stream:
            os.fsync(stream.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
