"""The corpus: a small whole checkpoint, and by name every way in which it is broken. Plain data for the worker."""

import json
import os
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.unit.convert.conftest import CONFIG, random_tensors, safetensors_bytes, tokenizer_json, write_folder

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
FIRST, SECOND = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
SMALL = CONFIG | {"n_embd": 64, "n_head": 2, "n_inner": 64, "n_layer": 1, "n_positions": 8}
OLD_FILE = b"the old file"
LISTS = "[" + "[]," * (6 << 20) + "[]]"
"""18 MB of JSON that would be 400 MB of lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One broken input, the words its refusal must hold, and how it is asked for."""

    breaks: Callable[[Path], Any]
    """Breaks the checkpoint `src` of a folder in which `out` holds the target."""
    says: str
    src: str = "src"
    dst: str = "out/m.gguf"
    file_type: str = "Q8_0"
    most_file_bytes: int | None = None
    """RLIMIT_FSIZE: stands for a full disk, which nobody but root can make."""
    environ: dict[str, str] = field(default_factory=dict)


def write_whole(place: Path) -> None:
    """Write the whole checkpoint, and an old file where the model will be."""
    write_folder(place / "src", SMALL, random_tensors(SMALL), tokenizer_json())
    (place / "out").mkdir()
    (place / "out" / "m.gguf").write_bytes(OLD_FILE)


def write_shards(place: Path) -> None:
    """Cut the weights into two shards with an index."""
    tensors = list(random_tensors(SMALL).items())
    parts = {FIRST: dict(tensors[:5]), SECOND: dict(tensors[5:])}
    for name, part in parts.items():
        (place / "src" / name).write_bytes(safetensors_bytes(part))
    (place / "src" / WEIGHTS).unlink()
    places = {tensor: name for name, part in parts.items() for tensor in part}
    total = sum(array.nbytes for _, array in tensors)
    (place / "src" / INDEX).write_text(json.dumps({"metadata": {"total_size": total}, "weight_map": places}))


def file(name: str, data: bytes | str) -> Callable[[Path], None]:
    """Replace a file of the source."""
    return lambda place: _put(place / "src" / name, data.encode() if isinstance(data, str) else data)


def hole(name: str, num_bytes: int, start: bytes = b"") -> Callable[[Path], None]:
    """Replace a file of the source by one that is large and takes no space."""

    def breaks(place: Path) -> None:
        _put(place / "src" / name, start)
        os.truncate(place / "src" / name, num_bytes)

    return breaks


def cut(num_bytes: int) -> Callable[[Path], None]:
    """Keep the first bytes of the weights."""
    return lambda place: os.truncate(place / "src" / WEIGHTS, num_bytes)


def header(change: Callable[[dict], Any]) -> Callable[[Path], None]:
    """Change the header of the weights; what is returned takes its place."""

    def breaks(place: Path) -> None:
        data = (place / "src" / WEIGHTS).read_bytes()
        end = 8 + struct.unpack("<Q", data[:8])[0]
        entries = json.loads(data[8:end])
        changed = change(entries)
        entries = entries if changed is None else changed
        text = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
        _put(place / "src" / WEIGHTS, struct.pack("<Q", len(text)) + text + data[end:])

    return breaks


def entry(**changes: Any) -> Callable[[Path], None]:
    """Change the header's entry of the token embedding."""
    return header(lambda entries: entries["transformer.wte.weight"].update(changes))


def tensors(**changes: np.ndarray | None) -> Callable[[Path], None]:
    """Replace weights (None: remove); `__` stands for a dot."""

    def breaks(place: Path) -> None:
        named = {f"transformer.{name.replace('__', '.')}": array for name, array in changes.items()}
        kept = {name: array for name, array in (random_tensors(SMALL) | named).items() if array is not None}
        _put(place / "src" / WEIGHTS, safetensors_bytes(kept))

    return breaks


def settings(name: str, **changes: Any) -> Callable[[Path], None]:
    """Change keys of a JSON file of the source."""

    def breaks(place: Path) -> None:
        path = place / "src" / name
        _put(path, json.dumps((json.loads(path.read_text()) if path.is_file() else {}) | changes).encode())

    return breaks


def bpe(change: Callable[[dict], Any]) -> Callable[[Path], None]:
    """Change the model of tokenizer.json."""

    def breaks(place: Path) -> None:
        tokenizer = tokenizer_json()
        change(tokenizer["model"])
        _put(place / "src" / "tokenizer.json", json.dumps(tokenizer).encode())

    return breaks


def index(change: Callable[[dict], Any]) -> Callable[[Path], None]:
    """Shard the weights, and change their index."""

    def breaks(place: Path) -> None:
        write_shards(place)
        content = json.loads((place / "src" / INDEX).read_text())
        change(content)
        _put(place / "src" / INDEX, json.dumps(content).encode())

    return breaks


def first_shard_is(name: str) -> Callable[[Path], None]:
    """Shard the weights, and let the index give another name to the first shard."""

    def change(content: dict) -> None:
        content["weight_map"] = {key: name if at == FIRST else at for key, at in content["weight_map"].items()}

    return index(change)


def shard(change: Callable[[Path], Any]) -> Callable[[Path], None]:
    """Shard the weights, and put something else in place of the first shard."""
    return both(write_shards, replaced(FIRST, change))


def replaced(name: str, change: Callable[[Path], Any]) -> Callable[[Path], None]:
    """Put something else in place of a file of the source."""

    def breaks(place: Path) -> None:
        (place / "src" / name).unlink(missing_ok=True)
        change(place / "src" / name)

    return breaks


def out(name: str, change: Callable[[Path], Any]) -> Callable[[Path], None]:
    """Put something in the target's folder."""

    def breaks(place: Path) -> None:
        if name == "m.gguf":
            (place / "out" / name).unlink()
        change(place / "out" / name)

    return breaks


def link(target: str) -> Callable[[Path], None]:
    """Make a link."""
    return lambda path: path.symlink_to(target)


def both(*steps: Callable[[Path], Any]) -> Callable[[Path], None]:
    """Do one thing after the other."""
    return lambda place: [step(place) for step in steps] and None


def renamed(entries: dict, new: str) -> dict:
    """Give the token embedding another name."""
    return {new if name == "transformer.wte.weight" else name: found for name, found in entries.items()}


def numbers(name: str, values: Iterable[Any], says: str) -> dict[str, Case]:
    """Make a case of config.json for every value of a number."""
    return {
        f"config: {name} is {str(value)[:12]} {type(value).__name__}": Case(
            breaks=settings("config.json", **{name: value}), says=says
        )
        for value in values
    }


def _put(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    path.write_bytes(data)
