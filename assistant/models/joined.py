"""A model in several GGUF files, made into one: what is checked, hashed, opened and served is then a single file.

Source: llama.cpp's tools/gguf-split: the first file holds the metadata, each has a table of its own tensors.
"""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NoReturn

from assistant.errors import ModelFileError
from assistant.models.gguf import MAGIC, GgufFile, TensorInfo, aligned, read_gguf, tensor_entry
from assistant.models.importing import OnBytes

_VERSION = 3
_OF_SPLITS = "split."
_READ_BYTES = 4 << 20


def join(shards: Sequence[Path], target: BinaryIO, *, on_bytes: OnBytes = lambda _: None) -> None:
    """Write the one model that `shards`, in their order, are the parts of.

    Raises:
        ModelFileError: One is broken, or they do not belong together.
        OSError: The disk does not take it.
    """
    headers = [read_gguf(shard) for shard in shards]
    _check(headers)
    first = headers[0]
    tensors = _laid_out(headers)
    with shards[0].open("rb") as file:
        header = _header(first, tensors, file)
    target.write(header.ljust(aligned(len(header), first.alignment), b"\0"))
    for shard, found in zip(shards, headers, strict=True):
        with shard.open("rb") as file:
            for tensor in found.tensors:
                file.seek(found.data_offset + tensor.offset)
                _copy(file, target, tensor.num_bytes, on_bytes)
                target.write(bytes(aligned(tensor.num_bytes, first.alignment) - tensor.num_bytes))


def _check(headers: list[GgufFile]) -> None:
    for number, header in enumerate(headers):
        place, count = (header.metadata.get(f"{_OF_SPLITS}{key}") for key in ("no", "count"))
        if (place, count) != (number, len(headers)):
            _refuse(f"part {number + 1} of {len(headers)} says it is number {place!r} of {count!r}, counted from 0")
        if header.alignment != headers[0].alignment:
            _refuse("its parts are aligned differently")
    num_tensors = sum(len(header.tensors) for header in headers)
    stated = headers[0].metadata.get(f"{_OF_SPLITS}tensors.count", num_tensors)
    if stated != num_tensors or len({tensor.name for header in headers for tensor in header.tensors}) != num_tensors:
        _refuse(f"its parts hold {num_tensors} tensors, not {stated!r}, or some twice")


def _laid_out(headers: list[GgufFile]) -> list[TensorInfo]:
    tensors: list[TensorInfo] = []
    offset = 0
    for tensor in (tensor for header in headers for tensor in header.tensors):
        tensors.append(TensorInfo(name=tensor.name, shape=tensor.shape, type=tensor.type, offset=offset))
        offset = aligned(offset + tensor.num_bytes, headers[0].alignment)
    return tensors


def _header(first: GgufFile, tensors: list[TensorInfo], file: BinaryIO) -> bytes:
    """The first file's metadata byte for byte, less what it says of parts, and a table of all tensors."""
    kept = [place for key, place in first.entries.items() if not key.startswith(_OF_SPLITS)]
    parts = [MAGIC, struct.pack("<IQQ", _VERSION, len(tensors), len(kept))]
    for start, end in kept:
        file.seek(start)
        parts.append(file.read(end - start))
    return b"".join((*parts, *map(tensor_entry, tensors)))


def _copy(source: BinaryIO, target: BinaryIO, num_bytes: int, on_bytes: OnBytes) -> None:
    while num_bytes:
        piece = source.read(min(num_bytes, _READ_BYTES))
        if not piece:
            _refuse("a part ended while it was read")
        target.write(piece)
        on_bytes(len(piece))
        num_bytes -= len(piece)


def _refuse(reason: str) -> NoReturn:
    raise ModelFileError(
        f"the parts do not make a model: {reason}", hint="fetch the model in one file, if there is one"
    )
