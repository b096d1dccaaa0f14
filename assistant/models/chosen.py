"""Which model the user chose, written into the settings file. Everything else in it stays as it is, comments too."""

import os
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from assistant.errors import ConfigError


def choose_model(name: str, file: Path) -> None:
    """Set `model` in the settings file, which is made where there is none; written beside and renamed.

    Raises:
        ConfigError: The file is not TOML, or cannot be written.
    """
    try:
        settings = tomlkit.parse(file.read_text(encoding="utf-8")) if file.exists() else tomlkit.document()
        settings["model"] = name
        _replace(file.resolve(), tomlkit.dumps(settings))
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not valid TOML: {error}", hint="mend it, or move the file away") from error
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}", hint="check its permissions") from error


def _replace(file: Path, text: str) -> None:
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
