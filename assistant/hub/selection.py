"""Which files of a repository make the model that was asked for. Pure data.

File names are all that tells quants apart before a file is there; what a model can do is read from its header later.
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from assistant.errors import HubError, InputError
from assistant.hub.repository import RemoteFile, Repository
from assistant.models.catalogue import DEFAULT_QUANT
from assistant.models.names import LISTED, QUANT

MAX_SHARDS = 100
_SHARD = re.compile(r"(.+)-(\d{5})-of-(\d{5})\.gguf", re.ASCII)
_ASIDE = re.compile(r"(^|[-_./])(mmproj|imatrix|draft)", re.IGNORECASE)
"""Files that go with a model and are none."""
_QUANT_IN_NAME = re.compile(rf"(?<![A-Za-z0-9])({QUANT.pattern})(?![A-Za-z0-9])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A model of a repository, in one file or several that belong together."""

    stem: str
    """The file's name without folders, the number of its part, and its ending."""
    quant: str
    """In capitals, as its name says; empty where it does not."""
    files: tuple[RemoteFile, ...]

    @property
    def num_bytes(self) -> int:
        """Of all of its files."""
        return sum(file.num_bytes for file in self.files)


def variants(repository: Repository) -> list[Variant]:
    """The models of a repository, by name; several files are one if all of them are there."""
    groups: dict[tuple[str, int], list[RemoteFile]] = {}
    for file in sorted(repository.files, key=lambda file: file.path):
        if not _ASIDE.search(file.path):
            found = _SHARD.fullmatch(file.path)
            key = (found[1], int(found[3])) if found else (file.path.removesuffix(".gguf"), 0)
            groups.setdefault(key, []).append(file)
    return [
        _variant(stem, files)
        for (stem, num_shards), files in groups.items()
        if len(files) == (num_shards or 1) <= MAX_SHARDS
    ]


def choose(repository: Repository, *, quant: str = "", file: str = "") -> Variant:
    """The variant that was asked for: by its file, by its quant, or the usual one.

    Raises:
        HubError: The repository has no such model; the hint names those that it has.
    """
    known = variants(repository)
    if file:
        found = [each for each in known if any(part.path == file for part in each.files)]
    else:
        found = _of_quant(known, quant or DEFAULT_QUANT) or (known if not quant and len(known) == 1 else [])
    if found:
        return min(found, key=lambda each: len(each.files))
    names = ", ".join(sorted({each.quant or each.stem for each in known}))
    wanted = file or quant or DEFAULT_QUANT
    raise HubError(
        f"{repository.name} has no {wanted} as GGUF",
        hint=f"it has {names[:300]}; write hf:{repository.name}:QUANT" if known else "choose a repository with GGUF",
    )


def local_name(variant: Variant) -> str:
    """What a variant is called on this machine if nobody says otherwise.

    Raises:
        InputError: Its file's name cannot be one.
    """
    name = re.sub(r"[ +]", "-", variant.stem)
    if not LISTED.fullmatch(name) or name == "builtin":
        raise InputError(f'"{variant.stem[:100]}" cannot be a model\'s name here', hint="choose one with --name NAME")
    return name


def _of_quant(known: list[Variant], quant: str) -> list[Variant]:
    exact = [each for each in known if each.quant == quant]
    return exact or [each for each in known if each.quant.removeprefix("UD-") == quant]


def _variant(stem: str, files: list[RemoteFile]) -> Variant:
    name = PurePosixPath(stem).name
    found = _QUANT_IN_NAME.findall(stem)
    return Variant(stem=name, quant=found[-1].upper() if found else "", files=tuple(files))
