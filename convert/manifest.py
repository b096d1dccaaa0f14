"""What lies beside a converted model: its manifest, and the licence and the model card of its source.

`m.Q4_K_M.gguf` gets `m.Q4_K_M.LICENSE`, `m.Q4_K_M.README.md` and, last, `m.Q4_K_M.json`. The manifest uses the words
of the built-in model's; it says of which bytes the model was made, by what, and which bytes it has.
"""

import hashlib
import json
import os
import platform
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from assistant import __version__
from assistant.errors import InputError
from convert.partial_file import write_small
from convert.source.checkpoint import Checkpoint
from convert.source.hub_cache import source_name
from convert.source.licence import Licence

NO_LICENCE = (
    "the source states no licence: README.md has no `license:`, and there is no LICENSE file; "
    "ask its makers before you share the model"
)
_MAX_MANIFEST_BYTES = 16 << 20


def check_companions(path: Path, licence: Licence) -> None:
    """Refuse to convert where what comes with the model would take the place of somebody's file.

    Files beside a manifest of this model are ours. Without one they must hold what they would get anyway: a run that
    was killed before it wrote the manifest left them.

    Raises:
        InputError: A file is in the way.
    """
    texts, card, manifest = _companions(path)
    if _describes(manifest, path.name):
        return
    for companion, data in ((texts, _joined(licence.texts)), (card, licence.model_card), (manifest, b"")):
        if os.path.lexists(companion) and not _holds(companion, data):
            raise InputError(f"{companion} is in the way of what comes with {path.name}", hint="choose another name")


def write_companions(path: Path, licence: Licence, manifest: Mapping[str, Any]) -> None:
    """Write what belongs to a model beside it, the manifest last; remove what belonged to an older one.

    Raises:
        InputError: The folder cannot be written.
    """
    texts, card, last = _companions(path)
    for companion, data in ((texts, _joined(licence.texts)), (card, licence.model_card)):
        if data:
            write_small(companion, data)
        else:
            companion.unlink(missing_ok=True)
    write_small(last, json.dumps(manifest, indent=1).encode() + b"\n")


def describe_source(checkpoint: Checkpoint, licence: Licence, digests: Mapping[str, str]) -> dict[str, Any]:
    """Describe every file a model was made from, and those that were ignored: code is never run.

    Args:
        checkpoint: The opened folder.
        licence: Its licence.
        digests: The sha256 of each file that was read, by name.
    """
    name, revision = source_name(checkpoint.folder)
    return {
        "name": name,
        "revision": revision,
        "files": [
            {"file": file, "sha256": digest, "num_bytes": (checkpoint.folder / file).stat().st_size}
            for file, digest in digests.items()
        ],
        "licence_files": [
            {"file": file, "sha256": hashlib.sha256(text).hexdigest(), "num_bytes": len(text)}
            for file, text in licence.texts.items()
        ],
        "ignored": sorted(found.name for found in checkpoint.folder.glob("*.py")),
    }


def made_with() -> dict[str, str]:
    """Name the programs that decide about the bytes."""
    return {
        "python": platform.python_version(),
        "cairn-coder": __version__,
        "llama-cpp-python": version("llama-cpp-python"),
    }


def today() -> str:
    """Return the day in UTC, or that of SOURCE_DATE_EPOCH, so that a build can be repeated to the byte.

    Raises:
        InputError: SOURCE_DATE_EPOCH is no number of seconds.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or str(int(time.time()))
    try:
        return time.strftime("%Y-%m-%d", time.gmtime(int(epoch)))
    except (ValueError, OverflowError, OSError) as error:
        raise InputError(f"SOURCE_DATE_EPOCH is {epoch[:80]!r}", hint="give seconds since 1970, or unset it") from error


def _companions(path: Path) -> tuple[Path, Path, Path]:
    """Return the places of the licence, the model card and the manifest."""
    licence, card, manifest = (path.with_name(path.stem + ending) for ending in (".LICENSE", ".README.md", ".json"))
    return licence, card, manifest


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(data) > 0 and path.read_bytes() == data


def _describes(manifest: Path, file: str) -> bool:
    try:
        found = json.loads(manifest.read_bytes()) if manifest.stat().st_size <= _MAX_MANIFEST_BYTES else None
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("file") == file


def _joined(texts: Mapping[str, bytes]) -> bytes:
    """Return the one text as it is; several with their names between them."""
    if len(texts) == 1:
        return next(iter(texts.values()))
    return b"\n".join(f"==> {name} <==\n".encode() + text for name, text in texts.items())
