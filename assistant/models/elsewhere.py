"""Models that other programs keep on this machine: found by their names and sizes, opened only when they are taken in.

Nothing is written there, and no more than `MAX_FILES` files of a store are looked at. Sources: huggingface_hub's
documentation of its cache; llama.cpp's common/download (flat files); LM Studio's documentation (publisher/model/file);
Ollama's docs (a manifest names the blob that holds the GGUF).
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from assistant.models.record import is_sha256

MAX_FILES = 2000
"""Of one store."""
MAX_DEPTH = 6
MAX_MANIFEST_BYTES = 1 << 20
SMALLEST_BYTES = 1 << 20
"""Below it is no model, but a pointer to one, or a vocabulary."""
_OLLAMA_MODEL = "application/vnd.ollama.image.model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A model of another program."""

    name: str
    """To import it by: `ollama:qwen2.5-coder:7b`, `lm-studio:publisher/model/file.gguf`, …"""
    path: Path
    num_bytes: int
    sha256: str = ""
    """As the store says it, where it does."""

    @property
    def local_name(self) -> str:
        """What it is called here: `ollama:qwen2.5-coder:7b` by its last part; what ends in .gguf without that."""
        store, _, rest = self.name.partition(":")
        last = rest.rpartition("/")[2]
        return last if store == "ollama" else last.removesuffix(".gguf")


def find_elsewhere() -> list[Found]:
    """Every model of the known stores, once each, in their order."""
    home = Path.home()
    caches = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    hub_home = Path(os.environ.get("HF_HOME") or caches / "huggingface")
    stores = (
        _hugging_face(Path(os.environ.get("HF_HUB_CACHE") or hub_home / "hub")),
        _flat("llama.cpp", Path(os.environ.get("LLAMA_CACHE") or caches / "llama.cpp")),
        _flat("lm-studio", home / ".lmstudio" / "models"),
        _flat("lm-studio", caches / "lm-studio" / "models"),
        _ollama(Path(os.environ.get("OLLAMA_MODELS") or home / ".ollama" / "models")),
        _ollama(Path("/usr/share/ollama/.ollama/models")),
    )
    found = [each for store in stores for each in store]
    return list({(each.path.resolve(), each.name.partition(":")[0]): each for each in found}.values())


def find_one(name: str) -> Found | None:
    """The model of another program that is called `name`."""
    return next((each for each in find_elsewhere() if each.name == name), None)


def _hugging_face(cache: Path) -> Iterator[Found]:
    """`models--org--name/snapshots/COMMIT/file.gguf` links to `blobs/SHA256`."""
    for path in _files(cache, ".gguf"):
        parts = path.relative_to(cache).parts
        if len(parts) > 3 and parts[0].startswith("models--") and parts[1] == "snapshots":
            repo = parts[0].removeprefix("models--").replace("--", "/")
            yield from _found(f"hf:{repo}/{'/'.join(parts[3:])}", path, path.resolve().name)


def _flat(store: str, folder: Path) -> Iterator[Found]:
    for path in _files(folder, ".gguf"):
        yield from _found(f"{store}:{path.relative_to(folder)}", path)


def _ollama(folder: Path) -> Iterator[Found]:
    """`manifests/HOST/NAMESPACE/NAME/TAG` is JSON; its model layer is `blobs/sha256-…`."""
    manifests = folder / "manifests"
    for path in _files(manifests, ""):
        digest = _ollama_digest(path)
        host, *names, tag = path.relative_to(manifests).parts
        short = "/".join(names[1:] if names[:1] == ["library"] else names)
        where = "" if host == "registry.ollama.ai" else f"{host}/"
        if digest and short:
            yield from _found(f"ollama:{where}{short}:{tag}", folder / "blobs" / f"sha256-{digest}", digest)


def _ollama_digest(manifest: Path) -> str:
    try:
        text = manifest.read_bytes() if manifest.stat().st_size <= MAX_MANIFEST_BYTES else b""
        found: Any = json.loads(text)
    except (OSError, ValueError, RecursionError):
        return ""
    layers: Any = cast(dict[str, Any], found).get("layers") if isinstance(found, dict) else None
    for layer in cast(list[Any], layers) if isinstance(layers, list) else []:
        match layer:
            case {"mediaType": media, "digest": str(digest)} if media == _OLLAMA_MODEL:
                digest = digest.removeprefix("sha256:")
                return digest if is_sha256(digest) else ""
            case _:
                pass
    return ""


def _found(name: str, path: Path, sha256: str = "") -> Iterator[Found]:
    try:
        num_bytes = path.stat().st_size if path.is_file() else 0
    except OSError:
        return
    if num_bytes >= SMALLEST_BYTES and name.isprintable():
        yield Found(name=name, path=path, num_bytes=num_bytes, sha256=sha256 if is_sha256(sha256) else "")


def _files(folder: Path, ending: str, *, depth: int = MAX_DEPTH) -> list[Path]:
    """Files below a folder by name; links to folders are not followed, and what may not be read is not there."""
    found: list[Path] = []
    waiting = [(folder, depth)]
    while waiting and len(found) < MAX_FILES:
        here, levels = waiting.pop()
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)[:MAX_FILES]
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting += [(Path(entry.path), levels - 1)] if levels else []
            elif entry.name.endswith(ending) and not entry.name.startswith("."):
                found.append(Path(entry.path))
    return sorted(found)[:MAX_FILES]
