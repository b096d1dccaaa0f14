"""Taking a GGUF file into the list: by a copy, or where it lies. Its manifest and its licence come along."""

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assistant import paths
from assistant.errors import InputError, ModelFileError
from assistant.models.card import ModelCard, read_card
from assistant.models.local import LocalModel
from assistant.models.names import LISTED
from assistant.models.record import describes, read_record, write_record

OnBytes = Callable[[int], None]
"""Hears how many bytes have been read since it was called last."""
COMPANIONS = (".LICENSE", ".README.md")
"""What `convert` writes beside a model besides its manifest."""
_READ_BYTES = 4 << 20


def import_model(
    source: Path,
    name: str | None = None,
    *,
    in_place: bool = False,
    sha256: str = "",
    origin: str = "",
    on_bytes: OnBytes = lambda _: None,
) -> LocalModel:
    """Take a GGUF file into the list, under its own name or `name`: checked, hashed, and it appears when it is whole.

    Args:
        source: The file. Where a manifest of it lies beside it, that is kept, and its hash must be the file's.
        name: What to call it.
        in_place: Leave the file where it is, and link to it.
        sha256: What another program's store says of it.
        origin: Where it comes from, in words.
        on_bytes: For a progress bar.

    Raises:
        ModelFileError: It is no model, or not the one that its manifest or store describes.
        InputError: The name cannot be used, or is taken; the disk is too small.
    """
    if not source.is_file():
        raise ModelFileError(f"no such file: {source}", hint="give the path of a GGUF file")
    card = read_card(source)
    target = free_place(name or source.stem)
    manifest = read_record(source) if describes(source) else {}
    record = manifest | {"imported": {"from": origin or str(source.absolute()), "date": _today()}}
    partial = target.with_name(f"{target.name}.partial-{os.getpid()}")
    try:
        found = _link(source, partial, on_bytes) if in_place else _copy(source, partial, on_bytes)
        for said, who in ((manifest.get("sha256"), "its manifest"), (sha256, "its store")):
            _check_hash(source, found, str(said or ""), who)
        write_record(target, _described(record, card, found))
        _copy_companions(source, target)
        partial.replace(target)
    except OSError as error:
        raise InputError(f"cannot write to {target.parent}: {error.strerror}", hint="free some space there") from error
    finally:
        partial.unlink(missing_ok=True)
    return LocalModel(name=target.stem, path=target, num_bytes=target.stat().st_size)


def free_place(name: str) -> Path:
    """Where a model of this name will lie.

    Raises:
        InputError: The name cannot be used, or is taken.
    """
    if not LISTED.fullmatch(name) or name == "builtin":
        raise InputError(
            f'"{name[:200]}" cannot be a model\'s name', hint="use letters, digits, dots and dashes: --name NAME"
        )
    target = paths.models_dir() / f"{name}.gguf"
    if os.path.lexists(target):
        raise InputError(f'there is a model "{name}" already', hint="choose another with --name NAME")
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def hash_file(path: Path, on_bytes: OnBytes = lambda _: None) -> str:
    """The sha256 of a file, in hexadecimal. Raises `OSError`."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_READ_BYTES):
            digest.update(piece)
            on_bytes(len(piece))
    return digest.hexdigest()


def _link(source: Path, partial: Path, on_bytes: OnBytes) -> str:
    found = hash_file(source, on_bytes)
    partial.symlink_to(source.absolute())
    return found


def _copy(source: Path, partial: Path, on_bytes: OnBytes) -> str:
    free_bytes, num_bytes = shutil.disk_usage(partial.parent).free, source.stat().st_size
    if num_bytes > free_bytes:
        raise InputError(
            f"{source.name} has {num_bytes / 1e9:.1f} GB, and {free_bytes / 1e9:.1f} GB are free",
            hint="leave it where it is: --in-place",
        )
    digest = hashlib.sha256()
    with source.open("rb") as reading, partial.open("xb") as writing:
        while piece := reading.read(_READ_BYTES):
            digest.update(piece)
            writing.write(piece)
            on_bytes(len(piece))
        writing.flush()
        os.fsync(writing.fileno())
    return digest.hexdigest()


def _check_hash(source: Path, found: str, said: str, who: str) -> None:
    if said and said != found:
        raise ModelFileError(
            f"{source.name} is not the file that {who} describes: its sha256 is {found[:16]}…, not {said[:16]}…",
            hint="it is damaged, or was replaced: fetch or convert it again",
        )


def _described(record: dict[str, Any], card: ModelCard, sha256: str) -> dict[str, Any]:
    said = {"licence": card.licence or None, "file_type": card.file_type, "num_parameters": card.num_parameters}
    return said | record | {"sha256": sha256, "num_bytes": card.num_bytes}


def _copy_companions(source: Path, target: Path) -> None:
    if describes(source):
        for ending in COMPANIONS:
            beside = source.with_name(source.stem + ending)
            if beside.is_file():
                shutil.copyfile(beside, target.with_name(target.stem + ending))


def _today() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime())
