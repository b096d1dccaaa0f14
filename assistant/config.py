"""Settings: built-in defaults < config.toml < CAIRN_* environment. Each value remembers where it came from."""

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from assistant import paths
from assistant.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a user may set. The field's docstring is its documentation."""

    model: str = "builtin"
    """`builtin`, an imported model's name, or the path of a GGUF file: `cairn models list` and `cairn models use`."""
    context_tokens: int = 8192
    """Size of the KV cache, shared by all editors and chats. A request never exceeds what the model was trained for."""
    threads: int = 0
    """Threads that compute; 0 means one less than there are cores, so that the editor stays quick."""
    window_tokens: int = 2048
    """Tokens around the cursor that a completion sees; in a large file the first one waits until they are computed."""
    parking_mb: int = 512
    """Memory for conversations that the KV cache has no room for. 0: they are computed again when they go on."""
    parking_file_mb: int = 0
    """Disk for the same, so that they go on at once after the model was unloaded. It holds what was said. 0: none."""
    draft_model: str = ""
    """A small model of the same family that guesses ahead, named like `model`. Empty: only repeated text is guessed."""
    completion_tokens: int = 64
    """The longest suggestion."""
    answer_tokens: int = 512
    """The longest chat answer."""
    unload_minutes: int = 10
    """The model leaves the memory when nobody has asked for this long; the next request loads it. 0 means never."""
    idle_minutes: int = 60
    """The daemon ends when nobody has asked for this long; the next command starts it again. 0 means never."""

    port: int = 0
    """A port of this machine on which the daemon answers, too, to whoever has the token; 0 means none. Who asks there
    cannot start the daemon: with a port, `idle_minutes = 0` may be what you want."""
    endpoint: str = ""
    """URL of an OpenAI-compatible server to ask instead of the daemon, as `http://gpu-box:8000/v1`. What you write goes
    there. Its key, if it wants one, is in the environment variable CAIRN_ENDPOINT_KEY."""
    endpoint_model: str = ""
    """The model to ask for at the endpoint; empty means the first that it lists."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One effective value and its origin."""

    name: str
    value: Any
    origin: str


def load(environ: Mapping[str, str] = os.environ, file: Path | None = None) -> Settings:
    """Read the effective settings.

    Raises:
        ConfigError: The file is not TOML, a setting is unknown, or a value has the wrong type.
    """
    return Settings(**{setting.name: setting.value for setting in effective(environ, file)})


def effective(environ: Mapping[str, str] = os.environ, file: Path | None = None) -> list[Setting]:
    """Every setting with its value and where it came from. Raises as `load`."""
    file = file or paths.config_file()
    from_file = _read(file)
    _check_names(from_file, str(file))
    settings: list[Setting] = []
    for field in fields(Settings):
        variable = f"CAIRN_{field.name.upper()}"
        if variable in environ:
            settings.append(Setting(field.name, _parse(field.default, environ[variable], variable), variable))
        elif field.name in from_file:
            settings.append(
                Setting(field.name, _checked(field.default, from_file[field.name], field.name, file), str(file))
            )
        else:
            settings.append(Setting(field.name, field.default, "default"))
    return settings


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{file} is not valid TOML: {error}", hint="mend the line named above, or move the file away"
        ) from error
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}", hint="check its permissions") from error


def _check_names(found: Mapping[str, Any], origin: str) -> None:
    known = [field.name for field in fields(Settings)]
    for name in found:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"known settings: {', '.join(known)}"
            raise ConfigError(f'unknown setting "{name}" in {origin}', hint=hint)


def _parse(default: Any, text: str, variable: str) -> Any:
    if not isinstance(default, int):
        return text
    try:
        return _checked(default, int(text), variable, None)
    except ValueError:
        raise ConfigError(
            f"{variable} must be a whole number, not {text!r}", hint=f"for example {variable}={default}"
        ) from None


def _checked(default: Any, value: Any, name: str, file: Path | None) -> Any:
    where = f" in {file}" if file else ""
    if type(value) is not type(default):
        kind = "a whole number" if isinstance(default, int) else "text in quotes"
        raise ConfigError(f"{name}{where} must be {kind}, not {value!r}", hint=f"for example {name} = {default!r}")
    if isinstance(value, int) and value < 0:
        raise ConfigError(f"{name}{where} must not be negative", hint=f"for example {name} = {default!r}")
    return value
