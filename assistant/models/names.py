"""How models are named: `alias:size[-quant]`, `hf:org/repo[:quant|/file.gguf][@revision]`, `./path.gguf`, or as listed.

Pure data, no I/O. A name was typed by a person or pasted from a page: what is not of one of these forms is refused.
"""

import re
from dataclasses import dataclass
from typing import NoReturn

from assistant.errors import InputError

LISTED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(?::[A-Za-z0-9][A-Za-z0-9._-]{0,49})?", re.ASCII)
"""A model of the list; its file is the name and `.gguf`."""
QUANT = re.compile(r"(?:UD-)?(?:I?Q[1-8]_[A-Z0-9]{1,3}(?:_[A-Z]{1,3})?|TQ[12]_0|MXFP4(?:_MOE)?|BF16|F16|F32)", re.ASCII)
"""A mix of tensor types as repositories spell it, in capitals."""
FILE = re.compile(r"(?:[A-Za-z0-9_][\w.+ -]{0,150}/){0,4}[A-Za-z0-9_][\w.+ -]{0,200}\.gguf", re.ASCII)
"""A GGUF file within a repository: nothing that climbs out, hides, or is read as an option."""

_REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9_][\w.-]{0,95}", re.ASCII)
_REVISION = re.compile(r"[A-Za-z0-9_][\w.-]{0,99}(?:/[A-Za-z0-9_][\w.-]{0,99}){0,3}", re.ASCII)
_ALIAS = re.compile(r"([a-z0-9][a-z0-9.-]{0,49}):([a-z0-9.]{1,10})(?:-([a-z0-9_]{2,12}))?", re.ASCII)
_HUB = "hf:"
_FORMS = "write alias:size[-quant], hf:org/repo[:quant|/file.gguf][@revision], ./path.gguf, or as listed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A model of the catalogue."""

    family: str
    size: str
    quant: str = ""
    """In capitals; empty for the catalogue's choice."""

    def __str__(self) -> str:
        return f"{self.family}:{self.size}" + (f"-{self.quant.lower()}" if self.quant else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class HubName:
    """A file of a repository on the hub, or the choice among its files."""

    repo: str
    quant: str = ""
    file: str = ""
    revision: str = ""
    """A branch, tag or commit; empty for the main branch."""

    def __str__(self) -> str:
        chosen = f":{self.quant}" if self.quant else f"/{self.file}" if self.file else ""
        return f"{_HUB}{self.repo}{chosen}" + (f"@{self.revision}" if self.revision else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileName:
    """A file of this machine."""

    path: str

    def __str__(self) -> str:
        return self.path


def parse_name(text: str) -> Alias | HubName | FileName:
    """Read a name.

    A file's path must look like one: it has a slash, begins with `~`, or ends in `.gguf`. So no name of the catalogue
    depends on what lies in the folder where one happens to be.

    Raises:
        InputError: It is of none of the forms.
    """
    if text.startswith(_HUB):
        return _hub_name(text.removeprefix(_HUB), text)
    if "/" in text or text.startswith("~") or text.endswith(".gguf"):
        return FileName(path=text) if "\0" not in text else _refuse(text)
    found = _ALIAS.fullmatch(text)
    if not found:
        _refuse(text)
    family, size, quant = found.groups("")
    return Alias(family=family, size=size, quant=_quant(quant, text) if quant else "")


def _hub_name(rest: str, text: str) -> HubName:
    rest, at, revision = rest.partition("@")
    place, colon, quant = rest.partition(":")
    organisation, _, path = place.partition("/")
    name, slash, file = path.partition("/")
    repo = f"{organisation}/{name}"
    is_sound = _REPO.fullmatch(repo) and ".." not in repo and not (colon and slash)
    if not is_sound or (at and not _is_revision(revision)) or (slash and not is_file(file)):
        _refuse(text)
    return HubName(repo=repo, quant=_quant(quant, text) if colon else "", file=file, revision=revision)


def is_repo(text: str) -> bool:
    """Whether it can be `org/name` of a repository."""
    return _REPO.fullmatch(text) is not None and ".." not in text


def is_file(path: str) -> bool:
    """Whether a path within a repository can be a model file's, and is no way out of it."""
    return FILE.fullmatch(path) is not None and ".." not in path


def _is_revision(text: str) -> bool:
    return _REVISION.fullmatch(text) is not None and ".." not in text


def _quant(text: str, name: str) -> str:
    return text.upper() if QUANT.fullmatch(text.upper()) else _refuse(name)


def _refuse(text: str) -> NoReturn:
    raise InputError(f'"{text[:200]}" is no model\'s name', hint=_FORMS)
