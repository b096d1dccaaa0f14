"""What lies beside a model of the list: its record `NAME.json`, in the words of the manifests that `convert` writes.

It says which bytes the model has, under which licence, and from where they came. Whoever made the file wrote parts of
it, so it is read like anything from outside: bounded, and shown only through the sanitiser.
"""

import json
import os
import re
from pathlib import Path
from typing import Any, cast

from assistant.errors import ModelFileError

MAX_RECORD_BYTES = 16 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


def record_of(model: Path) -> Path:
    """Where the record of a model file lies."""
    return model.with_suffix(".json")


def read_record(model: Path) -> dict[str, Any]:
    """The record beside a model file; empty where there is none.

    Raises:
        ModelFileError: It is no record: not JSON, too large, of another file, or its hash is none.
    """
    path = record_of(model)
    try:
        text = path.read_bytes() if path.stat().st_size <= MAX_RECORD_BYTES else b""
        found = json.loads(text)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise _broken(path) from error
    record = cast(dict[str, Any], found) if isinstance(found, dict) else {}
    if record.get("file") != model.name or not is_sha256(record.get("sha256")):
        raise _broken(path)
    return record


def describes(model: Path) -> bool:
    """Whether a sound record of this very file lies beside it."""
    try:
        return bool(read_record(model))
    except ModelFileError:
        return False


def write_record(model: Path, record: dict[str, Any]) -> None:
    """Write the record of a model file: beside, flushed and renamed. Raises `OSError`."""
    path = record_of(model)
    partial = path.with_name(f"{path.name}.partial-{os.getpid()}")
    try:
        with partial.open("w", encoding="utf-8") as stream:
            stream.write(json.dumps(record | {"file": model.name}, indent=1) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def is_sha256(value: object) -> bool:
    """Whether it is a sha256 in hexadecimal."""
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _broken(path: Path) -> ModelFileError:
    return ModelFileError(f"{path} is no record of its model", hint="remove it, or import the model again")
