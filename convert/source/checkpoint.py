"""A checkpoint folder as Hugging Face writes it: settings, shards, the digest of it all. Nothing of it is executed."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convert.source.files import MAX_JSON_BYTES, open_inside, read_file, read_json, refuse
from convert.source.licence import MAX_TEXT_BYTES, MODEL_CARD
from convert.source.safetensors import MAX_TENSORS, SafetensorsFile, StoredTensor, open_safetensors

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
MAX_CONFIG_BYTES = 1 << 20
MAX_INDEX_BYTES = 20 << 20
MAX_SHARDS = 512
"""Each stays open: far above what models come in, and below the usual limit of open files."""
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
_SETTINGS = {
    "config.json": MAX_CONFIG_BYTES,
    INDEX: MAX_INDEX_BYTES,
    "tokenizer.json": MAX_JSON_BYTES,
    "tokenizer_config.json": MAX_CONFIG_BYTES,
    "chat_template.jinja": MAX_CONFIG_BYTES,
    MODEL_CARD: MAX_TEXT_BYTES,
}
"""The small files a GGUF is made from, and the most bytes of each."""


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
        return {
            name: hashlib.sha256(read_file(self.folder, name, most_bytes)).hexdigest()
            for name, most_bytes in _SETTINGS.items()
            if (self.folder / name).is_file()
        }

    def identity(self) -> str:
        """Tell this source from another one without reading the shards: their names, sizes and times."""
        return json.dumps([[_stamp(self.folder, shard.name) for shard in self.shards], self.settings_sha256()])


def _stamp(folder: Path, name: str) -> list[str | int]:
    with open_inside(folder, name) as file:
        found = os.fstat(file.fileno())
    return [name, found.st_size, found.st_mtime_ns]


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
    """Open the shards an index names, and check that it and they name the same tensors, each once.

    Other files of the folder are no part of the checkpoint, and are not looked at. Nor is `metadata.total_size`: it is
    wrong in some published indexes, and says nothing that the tensors' own sizes do not.
    """
    weight_map = index.get("weight_map")
    if not isinstance(weight_map, dict) or not all(isinstance(name, str) for name in weight_map.values()):
        refuse(f"{INDEX} has no weight_map")
    listed: dict[str, set[str]] = {}
    for tensor, name in weight_map.items():
        listed.setdefault(name, set()).add(tensor)
    if not 1 <= len(listed) <= MAX_SHARDS or len(weight_map) > MAX_TENSORS:
        refuse(f"{INDEX} names {len(listed)} shards and {len(weight_map)} tensors")
    return tuple(_open_shard(folder, name, listed[name]) for name in sorted(listed))


def _open_shard(folder: Path, name: str, listed: set[str]) -> SafetensorsFile:
    """Open one shard; its name must be a plain file name, and its tensors those that the index lists for it."""
    if Path(name).name != name or not name.endswith(".safetensors") or not name.isprintable() or "\\" in name:
        refuse(f"{INDEX} names the shard {name[:80]!r}, which is not a plain file name")
    shard = open_safetensors(folder / name)
    if shard.tensors.keys() != listed:
        refuse(f"{INDEX} and {name} disagree about {min(shard.tensors.keys() ^ listed)[:200]}")
    return shard
