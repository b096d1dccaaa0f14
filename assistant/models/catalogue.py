"""The models that Cairn knows by name: `catalogue.toml`, read once. Nothing here asks the network."""

import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import cattrs

from assistant.errors import InputError
from assistant.models.licences import is_permissive
from assistant.models.names import Alias

FILE = Path(__file__).with_name("catalogue.toml")
DEFAULT_QUANT = "Q4_K_M"


_converter = cattrs.Converter(forbid_extra_keys=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One model of the catalogue; the fields are explained in its file."""

    name: str
    repo: str
    licence: str
    num_bytes: int
    kv_bytes: int
    roles: tuple[str, ...]
    verified: bool
    active: float = 1.0
    quant: str = DEFAULT_QUANT
    file: str = ""
    commit: str = ""
    sha256: str = ""


@cache
def entries() -> tuple[Entry, ...]:
    """Every entry, permissive licences first, in the order of the file otherwise."""
    found = _converter.structure(tomllib.loads(FILE.read_text("utf-8"))["model"], tuple[Entry, ...])
    return tuple(sorted(found, key=lambda entry: not is_permissive(entry.licence)))


def find_entry(alias: Alias) -> Entry:
    """The entry that an alias names.

    Raises:
        InputError: There is none; the hint names the nearest.
    """
    name = f"{alias.family}:{alias.size}"
    found = next((entry for entry in entries() if entry.name == name), None)
    if found:
        return found
    near = nearest(name)
    raise InputError(
        f'the catalogue has no "{name}"',
        hint=f"did you mean {near}?" if near else "`cairn models search` lists it; hf:org/repo names any other",
    )


def nearest(name: str) -> str:
    """The entry whose name is most like `name`; empty where none is."""
    return next(iter(get_close_matches(name, [entry.name for entry in entries()], n=1)), "")


def search(words: tuple[str, ...]) -> list[Entry]:
    """The entries whose name, repository or licence holds every word."""
    return [
        entry
        for entry in entries()
        if all(word.lower() in f"{entry.name} {entry.repo} {entry.licence}".lower() for word in words)
    ]
