"""A checkpoint folder as Hugging Face writes it: settings, shards, the digest of it all. Nothing of it is executed."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convert.safetensors import SafetensorsFile, StoredTensor, open_safetensors
from convert.source_files import read_json, refuse

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
MAX_CONFIG_BYTES = 1 << 20
MAX_INDEX_BYTES = 64 << 20
MAX_SHARDS = 512
"""Each stays open: far above what models come in, and below the usual limit of open files."""
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
_SETTINGS = ("config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "README.md")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """An opened folder."""

    folder: Path
    config: dict[str, Any]
    shards: tuple[SafetensorsFile, ...]
    tensors: dict[str, StoredTensor]
    """Of all shards, by name."""

    @property
    def num_bytes(self) -> int:
        """Size of all shards."""
        return sum(len(shard.mapped) for shard in self.shards)

    def settings_sha256(self) -> dict[str, str]:
        """Digest the small files that the GGUF is made from, by name."""
        present = [name for name in _SETTINGS if (self.folder / name).is_file()]
        return {name: hashlib.sha256((self.folder / name).read_bytes()).hexdigest() for name in present}

    def identity(self) -> str:
        """Tell this source from another one without reading the shards: their names, sizes and times."""
        stats = [(shard.name, (self.folder / shard.name).stat()) for shard in self.shards]
        listed = [[name, found.st_size, found.st_mtime_ns] for name, found in stats]
        return json.dumps([listed, self.settings_sha256()])


def source_sha256(digests: dict[str, str]) -> str:
    """Digest the output that `sha256sum` has for the files, in their order."""
    return hashlib.sha256("".join(f"{digest}  {name}\n" for name, digest in digests.items()).encode()).hexdigest()


def open_checkpoint(folder: Path) -> Checkpoint:
    """Open a folder with config.json, tokenizer.json and safetensors weights, whole or in shards.

    Raises:
        ModelFileError: A file is missing, truncated, malformed, or points outside the folder.
    """
    if not folder.is_dir():
        refuse(f"no such folder: {folder}", hint="give the folder that holds config.json and model.safetensors")
    config = read_json(folder, "config.json", MAX_CONFIG_BYTES)
    shards = _open_weights(folder)
    tensors = {name: tensor for shard in shards for name, tensor in shard.tensors.items()}
    return Checkpoint(folder, config, shards, tensors)


def _open_weights(folder: Path) -> tuple[SafetensorsFile, ...]:
    if (folder / INDEX).is_file():
        return _open_shards(folder, read_json(folder, INDEX, MAX_INDEX_BYTES))
    if (folder / WEIGHTS).is_file():
        return (open_safetensors(folder / WEIGHTS),)
    pickles = sorted(path.name for pattern in _PICKLES for path in folder.glob(pattern))
    if pickles:
        refuse(
            f"{folder} holds its weights as a pickle ({pickles[0]}), which can run code",
            hint="save it again with save_pretrained, which writes model.safetensors",
        )
    return refuse(f"{folder} has no {WEIGHTS}", hint="give a complete Hugging Face folder")


def _open_shards(folder: Path, index: dict[str, Any]) -> tuple[SafetensorsFile, ...]:
    weight_map = index.get("weight_map")
    if not isinstance(weight_map, dict) or not all(isinstance(name, str) for name in weight_map.values()):
        refuse(f"{INDEX} has no weight_map")
    names = sorted(set(weight_map.values()))
    if not 1 <= len(names) <= MAX_SHARDS:
        refuse(f"{INDEX} names {len(names)} shards")
    shards = tuple(open_safetensors(_shard_path(folder, name)) for name in names)
    for shard in shards:
        listed = {tensor for tensor, place in weight_map.items() if place == shard.name}
        if shard.tensors.keys() != listed:
            refuse(f"{INDEX} and {shard.name} disagree about {min(shard.tensors.keys() ^ listed)}")
    return shards


def _shard_path(folder: Path, name: str) -> Path:
    """Check that a shard is a plain file name; a link may lead only where a Hugging Face cache keeps its blobs."""
    if Path(name).name != name or not name.endswith(".safetensors") or not name.isprintable() or "\\" in name:
        refuse(f"{INDEX} names the shard {name[:80]!r}, which is not a plain file name")
    path = folder / name
    if not path.is_file():
        refuse(f"the shard {name} is missing", hint="download the checkpoint again")
    here = folder.resolve()
    homes = (here, here.parent.parent / "blobs") if here.parent.name == "snapshots" else (here,)
    if path.resolve().parent not in homes:
        refuse(f"the shard {name} is a link out of the folder", hint="copy the file into the folder")
    return path
