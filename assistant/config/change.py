"""Writing the user's settings file. What is not asked to change stays, comments too; what would not load is refused."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError

from assistant.config import toml_file
from assistant.config.settings import Keys, find
from assistant.config.values import parse
from assistant.errors import ConfigError


def set_setting(name: str, text: str, file: Path) -> None:
    """Set one setting, by its name in the file: `model`, `keys.preset`, `presets.NAME`.

    Args:
        name: The setting.
        text: Its value as a person types it; of several keys, words with spaces or commas between.
        file: The user's settings, made where there are none.

    Raises:
        ConfigError: There is no such setting, it takes no such value, the file as it is would not load, or it cannot
            be written.
    """
    path = tuple(name.split(".", 1))
    kind = find(path)
    if not kind or (kind.is_table and len(path) == 1):
        raise ConfigError(f'unknown setting "{name}"', hint=toml_file.nearest(name))
    value = parse(kind, text, name=name)
    old = toml_file.read(file)
    toml_file.values(old, file)
    replace(file, _with(old, path, list(cast(Keys, value)) if isinstance(value, tuple) else value, file))


def replace(file: Path, text: str) -> None:
    """Put a text in the place of the settings file: checked, written beside and renamed. A link to it stays one.

    Raises:
        ConfigError: It would not load, or cannot be written.
    """
    toml_file.values(text, file)
    try:
        _write(file.resolve(), text)
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}", hint="check its permissions") from error


def _with(old: str, path: tuple[str, ...], value: Any, file: Path) -> str:
    try:
        document = tomlkit.parse(old)
        table: Any = document
        for name in path[:-1]:
            if not isinstance(table.get(name), Mapping):
                table[name] = tomlkit.table()
            table = table[name]
        table[path[-1]] = value
        return tomlkit.dumps(document)  # pyright: ignore[reportUnknownMemberType]
    except TOMLKitError as error:
        raise ConfigError(f"{file} is not valid TOML: {error}", hint="mend it, or move the file away") from error


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f"{file.name}.partial-{os.getpid()}")
    try:
        with partial.open("w", encoding="utf-8") as stream:
            if file.exists():
                partial.chmod(file.stat().st_mode & 0o777)
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
