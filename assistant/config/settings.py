"""The one definition of every setting."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
Keys = tuple[str, ...]


class Kind(NamedTuple):
    """What a value must be: of it are made the check, the message, the schema and the commented file."""

    type: type
    """Of the value, or of every entry where the setting is a table."""
    toml: tuple[str, ...]
    """Where it stands: `("model",)`, `("keys", "preset")`; a table's path is that of its entries, less their names."""
    about: str
    name: str = ""
    """Of the field."""
    is_table: bool = False
    choices: tuple[str, ...] = ()
    is_projects: bool = False
    """A project may narrow it: a smaller number, off instead of on, an entry that the user has none of."""


def _setting(default: T, about: str, *, toml: str = "", **rest: Any) -> T:
    path = tuple(toml.split(".")) if toml else ()
    kind = Kind(type(default), path, about, **rest)
    return field(default=default, metadata={"kind": kind})  # type: ignore[return-value]  # as dataclasses.field itself


def _table(entry: type[T], about: str, *, is_projects: bool = False) -> Mapping[str, T]:
    kind = Kind(entry, (), about, is_table=True, is_projects=is_projects)
    return field(default_factory=dict[str, T], metadata={"kind": kind})  # type: ignore[return-value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a user may set."""

    model: str = _setting(
        "builtin",
        "`builtin`, an imported model's name, or the path of a GGUF file: `cairn models list` and `cairn models use`.",
    )
    chat_model: str = _setting("", "The model that answers in the chat, named like `model`. Empty: the same one.")
    context_tokens: int = _setting(
        8192,
        "Size of the KV cache, shared by all editors and chats. A request never exceeds what the model was trained "
        "for.",
    )
    threads: int = _setting(
        0, "Threads that compute; 0 means one less than there are cores, so that the editor stays quick."
    )
    window_tokens: int = _setting(
        2048,
        "Tokens around the cursor that a completion sees; in a large file the first one waits until they are computed.",
    )
    parking_mb: int = _setting(
        512,
        "Memory for conversations that the KV cache has no room for. 0: they are computed again when they go on.",
    )
    parking_file_mb: int = _setting(
        0,
        "Disk for the same, so that they go on at once after the model was unloaded. It holds what was said. 0: none.",
    )
    draft_model: str = _setting(
        "",
        "A small model of the same family that guesses ahead, named like `model`. Empty: only repeated text is "
        "guessed.",
    )
    completion_tokens: int = _setting(64, "The longest suggestion.", is_projects=True)
    answer_tokens: int = _setting(512, "The longest chat answer.", is_projects=True)
    unload_minutes: int = _setting(
        10,
        "The model leaves the memory when nobody has asked for this long; the next request loads it. 0 means never.",
    )
    idle_minutes: int = _setting(
        60,
        "The daemon ends when nobody has asked for this long; the next command starts it again. 0 means never.",
    )
    port: int = _setting(
        0,
        "A port of this machine on which the daemon answers, too, to whoever has the token; 0 means none. Who asks "
        "there cannot start the daemon: with a port, `idle_minutes = 0` may be what you want.",
    )
    endpoint: str = _setting(
        "",
        "URL of an OpenAI-compatible server to ask instead of the daemon, as `http://gpu-box:8000/v1`. What you write "
        "goes there. Its key, if it wants one, is in the environment variable CAIRN_ENDPOINT_KEY.",
    )
    endpoint_model: str = _setting("", "The model to ask for at the endpoint; empty means the first that it lists.")
    ghost_text: bool = _setting(
        True, "Suggest in the chat's own prompt box, if the model fills holes.", is_projects=True
    )
    theme: str = _setting("", "The chat's colours, by the name of a theme. Empty: nord.")
    key_preset: str = _setting(
        "default", "The chat's keys as a set: `vim` adds motions.", toml="keys.preset", choices=("default", "vim")
    )
    keys: Mapping[str, Keys] = _table(Keys, "The chat's keys one by one: what they do, and the keys for it.")
    presets: Mapping[str, str] = _table(str, "System prompts to choose from in the chat, by name.", is_projects=True)


def _kind(name: str, kind: Kind) -> Kind:
    return kind._replace(name=name, toml=kind.toml or (name,))


KINDS: dict[str, Kind] = {field.name: _kind(field.name, field.metadata["kind"]) for field in fields(Settings)}
"""By the name of the field."""
DEFAULTS = Settings()


def find(path: tuple[str, ...]) -> Kind | None:
    """What stands at a path of the file, be it a table or an entry of one; None where nothing does."""
    exact = next((kind for kind in KINDS.values() if kind.toml == path), None)
    return exact or next((kind for kind in KINDS.values() if kind.is_table and kind.toml == path[:-1]), None)
