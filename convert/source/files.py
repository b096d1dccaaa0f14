"""Files that a stranger wrote: opened only inside their folder, bounded before they are read, parsed strictly."""

import json
import math
import os
import stat
import sys
from collections import Counter
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from assistant.errors import ModelFileError

MAX_JSON_BYTES = 24 << 20
"""The largest tokenizer.json of the known families has 17 MB."""
MAX_PARSED_BYTES = 200 << 20
_OBJECT_BYTES = {"{": 120, "[": 96, ",": 88, ":": 140}
"""What CPython may allocate, while it parses, for the value that follows each mark; measured from above."""

_BROKEN_HINT = "download or save the checkpoint again"


def open_inside(folder: Path, name: str) -> BinaryIO:
    """Open a plain file of the folder. A link may lead only where a Hugging Face cache keeps its blobs.

    What is opened is what was checked: the last step follows no link, and neither a pipe nor a device can hang it.

    Raises:
        ModelFileError: It is missing, lies elsewhere, is no plain file, or cannot be opened.
    """
    here = Path(os.path.realpath(folder))
    homes = (here, here.parent.parent / "blobs") if here.parent.name == "snapshots" else (here,)
    try:
        real = Path(os.path.realpath(folder / name, strict=True))
        if real.parent not in homes:
            refuse(f"{name} is a link out of the folder", hint="copy the file into the folder")
        descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise ModelFileError(f"{folder} has no {name}", hint="give a complete Hugging Face folder") from error
    except OSError as error:
        raise ModelFileError(f"cannot open {name}: {error.strerror}", hint="check the file and its rights") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        refuse(f"{name} is not a plain file")
    return os.fdopen(descriptor, "rb")


def read_file(folder: Path, name: str, most_bytes: int) -> bytes:
    """Read a small file of the folder.

    Raises:
        ModelFileError: As `open_inside`, or it is larger than such a file can be.
    """
    with open_inside(folder, name) as file:
        if os.fstat(file.fileno()).st_size > most_bytes:
            refuse(f"{name} is larger than {most_bytes >> 20} MiB")
        return file.read(most_bytes)


def read_text(folder: Path, name: str, most_bytes: int) -> str:
    """Read a small UTF-8 file of the folder; the errors are those of `read_file`, and another encoding."""
    try:
        return read_file(folder, name, most_bytes).decode()
    except UnicodeDecodeError as error:
        raise ModelFileError(f"{name} is not UTF-8", hint=_BROKEN_HINT) from error


def read_json(folder: Path, name: str, most_bytes: int) -> dict[str, Any]:
    """Read a JSON object; the errors are those of `read_file` and `parse_json`."""
    return parse_json(read_file(folder, name, min(most_bytes, MAX_JSON_BYTES)), name)


def parse_json(text: bytes, name: str) -> dict[str, Any]:
    """Parse a JSON object that a stranger wrote; a key may appear only once, and numbers are finite.

    Raises:
        ModelFileError: It is no JSON object in UTF-8, nests too deeply, repeats a key, or would not fit the memory:
            two bytes of JSON can become a hundred.
    """
    try:
        decoded = text.decode()
        if len(text) + _parsed_bytes(decoded) > MAX_PARSED_BYTES:
            refuse(f"{name} holds too many values")
        value = json.loads(
            decoded,
            object_pairs_hook=lambda pairs: _unique(pairs, name),
            parse_float=lambda number: _finite(number, name),
            parse_constant=lambda number: _finite(number, name),
        )
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{name} is not valid JSON: {error}", hint=_BROKEN_HINT) from error
    return value if isinstance(value, dict) else refuse(f"{name} is not a JSON object")


def _parsed_bytes(text: str) -> int:
    return 2 * sys.getsizeof(text) + sum(text.count(mark) * num_bytes for mark, num_bytes in _OBJECT_BYTES.items())


def _unique(pairs: list[tuple[str, Any]], name: str) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        repeated = Counter(key for key, _ in pairs).most_common(1)[0][0]
        refuse(f"{name} has the key {repeated[:80]!r} twice")
    return found


def _finite(number: str, name: str) -> float:
    value = float(number)
    return value if math.isfinite(value) else refuse(f"{name} holds the number {number[:80]}")


def refuse(reason: str, *, hint: str = _BROKEN_HINT) -> NoReturn:
    """Refuse a source file."""
    raise ModelFileError(reason, hint=hint)
