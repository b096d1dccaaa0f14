"""Which of several values of a setting holds, and where it came from."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant import paths
from assistant.config import toml_file
from assistant.config.settings import DEFAULTS, KINDS, Settings, find
from assistant.config.values import parse

PROJECT_FILE = ".cairn.toml"


@dataclass(frozen=True, slots=True)
class Setting:
    """One effective value and its origin; an entry of a table stands for itself, as `presets.review`."""

    name: str
    value: Any
    origin: str


def load(environ: Mapping[str, str] = os.environ, file: Path | None = None, *, folder: Path | None = None) -> Settings:
    """Read the effective settings.

    Args:
        environ: Where CAIRN_* variables are looked for.
        file: The user's settings.
        folder: Where the user works: the project's file narrows what it may. None: no project is asked, as for the
            daemon, which serves all of them.

    Raises:
        ConfigError: A file is not TOML, a setting is unknown, or a value has the wrong type.
    """
    values: dict[str, Any] = {}
    for setting in effective(environ, file, folder=folder):
        path = tuple(setting.name.split(".", 1))
        kind = find(path)
        assert kind, "what is effective has been checked"
        if kind.is_table:
            values.setdefault(kind.name, {})[path[-1]] = setting.value
        else:
            values[kind.name] = setting.value
    return Settings(**values)


def effective(
    environ: Mapping[str, str] = os.environ, file: Path | None = None, *, folder: Path | None = None
) -> list[Setting]:
    """Every setting with its value and where it came from. Arguments and errors as of `load`."""
    single = [kind for kind in KINDS.values() if not kind.is_table]
    found = {kind.toml: Setting("", getattr(DEFAULTS, kind.name), "default") for kind in single}
    file = file or paths.config_file()
    for path, value in toml_file.values(toml_file.read(file), file).items():
        found[path] = Setting("", value, str(file))
    if folder and (project := project_file(folder)):
        _narrow(found, project)
    for kind in single:
        variable = f"CAIRN_{kind.name.upper()}"
        if variable in environ:
            found[kind.toml] = Setting("", parse(kind, environ[variable], name=variable), variable)
    return [Setting(".".join(path), setting.value, setting.origin) for path, setting in found.items()]


def project_file(folder: Path) -> Path | None:
    """The settings of the project around a folder: in it, or above it as far up as the project's `.git`."""
    above = (folder, *folder.parents)
    root = next((place for place in above if os.path.lexists(place / ".git")), folder)
    places = above[: above.index(root) + 1]
    return next((place / PROJECT_FILE for place in places if os.path.lexists(place / PROJECT_FILE)), None)


def _narrow(found: dict[tuple[str, ...], Setting], project: Path) -> None:
    values = toml_file.values(toml_file.read(project), project, is_projects=True)
    for path, value in values.items():
        if path not in found or _is_narrower(value, found[path].value):
            found[path] = Setting("", value, str(project))


def _is_narrower(value: Any, than: Any) -> bool:
    """A smaller number, off instead of on; a text never narrows another."""
    return not isinstance(value, str) and value < than
