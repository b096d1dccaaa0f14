"""What the definition says, for machines and for people: a JSON schema, and a file of defaults to start from."""

import textwrap
from typing import Any

from assistant.config.settings import DEFAULTS, KINDS, Keys, Kind
from assistant.config.values import example

WIDTH = 100
TYPES: dict[type, dict[str, Any]] = {
    int: {"type": "integer", "minimum": 0},
    str: {"type": "string"},
    bool: {"type": "boolean"},
    Keys: {"type": "array", "items": {"type": "string"}},
}


def json_schema() -> dict[str, Any]:
    """The settings file as a JSON schema, for editors that complete and check TOML."""
    root: dict[str, Any] = _object("Settings of Cairn")
    for kind in KINDS.values():
        _place(root, kind)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Cairn", **root}


def _object(about: str) -> dict[str, Any]:
    return {"type": "object", "description": about, "properties": {}, "additionalProperties": False}


def _place(root: dict[str, Any], kind: Kind) -> None:
    node = root
    for name in kind.toml[:-1]:
        node = node["properties"].setdefault(name, _object(""))
    name = kind.toml[-1]
    if kind.is_table:
        table = node["properties"].setdefault(name, _object(""))
        table.update(description=kind.about, additionalProperties=TYPES[kind.type])
    else:
        choices = {"enum": list(kind.choices)} if kind.choices else {}
        default = getattr(DEFAULTS, kind.name)
        node["properties"][name] = {**TYPES[kind.type], **choices, "description": kind.about, "default": default}


def commented_defaults() -> str:
    """A settings file that sets nothing: every setting with its text and default, behind a `#`."""
    return "\n".join(f"{_comment(kind.about)}\n# {example(kind)}\n" for kind in KINDS.values())


def _comment(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="# ", subsequent_indent="# ")
