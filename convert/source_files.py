"""Small files that a stranger wrote: bounded before they are read, parsed strictly, refused with a hint."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, NoReturn

from assistant.errors import ModelFileError

_BROKEN_HINT = "download or save the checkpoint again"


def read_file(folder: Path, name: str, most_bytes: int) -> bytes:
    """Read a small file of the folder.

    Raises:
        ModelFileError: It is missing, or larger than such a file can be.
    """
    path = folder / name
    if not path.is_file():
        refuse(f"{folder} has no {name}", hint="give a complete Hugging Face folder")
    if path.stat().st_size > most_bytes:
        refuse(f"{name} is larger than {most_bytes >> 20} MiB")
    return path.read_bytes()


def read_text(folder: Path, name: str, most_bytes: int) -> str:
    """Read a small UTF-8 file of the folder; the errors are those of `read_file`, and another encoding."""
    try:
        return read_file(folder, name, most_bytes).decode()
    except UnicodeDecodeError as error:
        raise ModelFileError(f"{name} is not UTF-8", hint=_BROKEN_HINT) from error


def read_json(folder: Path, name: str, most_bytes: int) -> dict[str, Any]:
    """Read a JSON object; the errors are those of `read_file` and `parse_json`."""
    return parse_json(read_file(folder, name, most_bytes), name)


def parse_json(text: bytes, name: str) -> dict[str, Any]:
    """Parse a JSON object that a stranger wrote; a key may appear only once.

    Raises:
        ModelFileError: It is no JSON object, nests too deeply, or repeats a key.
    """
    try:
        value = json.loads(text, object_pairs_hook=lambda pairs: _unique(pairs, name))
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{name} is not valid JSON: {error}", hint=_BROKEN_HINT) from error
    return value if isinstance(value, dict) else refuse(f"{name} is not a JSON object")


def _unique(pairs: list[tuple[str, Any]], name: str) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        repeated = Counter(key for key, _ in pairs).most_common(1)[0][0]
        refuse(f"{name} has the key {repeated[:80]!r} twice")
    return found


def refuse(reason: str, *, hint: str = _BROKEN_HINT) -> NoReturn:
    """Refuse a source file."""
    raise ModelFileError(reason, hint=hint)
