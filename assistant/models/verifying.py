"""Whether a model is still what it was when it came: header, size, hash, record."""

from dataclasses import dataclass
from pathlib import Path

from assistant.errors import ModelFileError
from assistant.models.card import read_card
from assistant.models.importing import OnBytes, hash_file
from assistant.models.record import read_record


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was found of one model."""

    name: str
    is_good: bool
    found: str
    hint: str = ""


def verify(name: str, path: Path, *, on_bytes: OnBytes = lambda _: None) -> Verified:
    """Check a model: a strict reading of its header, then every byte against its record."""
    try:
        read_card(path)
        record = read_record(path)
        found = hash_file(path, on_bytes)
    except ModelFileError as error:
        return Verified(name=name, is_good=False, found=str(error), hint=error.hint)
    except OSError as error:
        return Verified(name=name, is_good=False, found=f"cannot be read: {error.strerror}", hint="check its disk")
    if not record:
        return Verified(name=name, is_good=True, found=f"a whole GGUF, sha256 {found}; no record says what it was")
    if found == record["sha256"]:
        return Verified(name=name, is_good=True, found=f"sha256 {found}, as its record says")
    return Verified(
        name=name,
        is_good=False,
        found=f"sha256 {found}, but its record says {record['sha256']}",
        hint=f"it is damaged, or was replaced: cairn models rm {name}, then fetch it again",
    )
