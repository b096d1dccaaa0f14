"""Taking models away: one by its name, and all that nobody uses."""

import contextlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from assistant import paths
from assistant.errors import InputError, ModelFileError
from assistant.models import parts
from assistant.models.importing import COMPANIONS
from assistant.models.local import list_models
from assistant.models.names import LISTED
from assistant.models.record import record_of

_UNFINISHED = re.compile(r".+\.partial-(\d{1,9})")
DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Removable:
    """Something that can go."""

    name: str
    why: str
    num_bytes: int
    """That the disk gets back; 0 for a link."""
    sha256: str = ""
    """Of a download; empty for files."""
    files: tuple[Path, ...] = ()


def remove_model(name: str, used: tuple[str, ...]) -> Removable:
    """Remove a model of the list, or what has come of one.

    A model that lies elsewhere stays there, and only its place in the list goes. A daemon that serves the model keeps
    it in memory until it puts it away.

    Args:
        name: As listed.
        used: The names that the settings choose.

    Raises:
        InputError: It is built in, or chosen.
        ModelFileError: There is none.
    """
    if name == "builtin":
        raise InputError("the built-in model belongs to Cairn", hint="it takes 5 MB")
    if name in used:
        raise InputError(f"{name} is in use", hint="choose another first: cairn models use NAME, --role chat too")
    target = paths.models_dir() / f"{name}.gguf"
    begun = [part for part in parts.list_parts() if part.ticket.name == name]
    if not os.path.lexists(target) and not begun:
        raise ModelFileError(f'no model is called "{name}"', hint="`cairn models list` shows the names")
    removable = _model(target, "asked for")
    for part in begun:
        parts.remove_part(part.ticket.sha256)
    remove(removable)
    num_bytes = removable.num_bytes + sum(part.num_bytes for part in begun)
    return Removable(name=name, why="asked for", num_bytes=num_bytes)


def unused(used: tuple[str, ...], *, older_than_days: int = 0, now_s: float | None = None) -> list[Removable]:
    """What can go: downloads that were begun or set aside, links that lead nowhere, what a killed program left.

    Args:
        used: The names that the settings choose; they stay.
        older_than_days: Models that nobody has read for so long can go, too; 0: they all stay.
        now_s: In seconds since 1970; for tests.
    """
    begun = {part.ticket.sha256: f"{part.ticket.name}, {part.share:.0%} here" for part in parts.list_parts()}
    downloads = [
        Removable(name=begun.get(sha256, sha256[:16]), why="download", num_bytes=num_bytes, sha256=sha256)
        for sha256, num_bytes in parts.leftovers().items()
    ]
    limit_s = (now_s if now_s is not None else time.time()) - older_than_days * DAY_S
    models = [
        _model(model.path, f"not used for {older_than_days} days")
        for model in list_models()[1:]
        if older_than_days and model.name not in used and last_use_s(model.path) < limit_s
    ]
    return [*downloads, *_debris(), *models]


def remove(removable: Removable) -> None:
    """Remove it; what is gone already is no error."""
    if removable.sha256:
        parts.remove_part(removable.sha256)
    for file in removable.files:
        file.unlink(missing_ok=True)


def note_use(name: str) -> None:
    """Remember that a model of the list was loaded: the time of its record is that of its last use."""
    if LISTED.fullmatch(name):  # a path names no model of the list
        with contextlib.suppress(OSError):
            os.utime(record_of(paths.models_dir() / f"{name}.gguf"))


def last_use_s(model: Path) -> float:
    """When a model was read last, or chosen, or came, as far as the disk knows; seconds since 1970."""
    record, file = record_of(model), model.stat()
    noted = record.stat().st_mtime if record.is_file() else 0.0
    return max(noted, file.st_atime, file.st_mtime)


def _model(path: Path, why: str) -> Removable:
    """A model and what lies beside it; of a link only the link is ours."""
    beside = [record_of(path), *(path.with_name(path.stem + ending) for ending in COMPANIONS)]
    num_bytes = path.lstat().st_size if path.is_file() and not path.is_symlink() else 0
    return Removable(name=path.stem, why=why, num_bytes=num_bytes, files=(path, *beside))


def _debris() -> list[Removable]:
    found: list[Removable] = []
    for path in sorted(paths.models_dir().glob("*")) if paths.models_dir().is_dir() else []:
        unfinished = _UNFINISHED.fullmatch(path.name)
        if unfinished and not psutil.pid_exists(int(unfinished[1])):
            size = path.lstat().st_size
            found.append(Removable(name=path.name, why="unfinished", num_bytes=size, files=(path,)))
        elif path.suffix == ".gguf" and path.is_symlink() and not path.exists():
            found.append(_model(path, "its file is gone"))
    return found
