"""Splits a GGUF file as llama.cpp's gguf-split does: metadata in the first part, tensors spread over all."""

import struct
from pathlib import Path

from assistant.models.gguf import MAGIC, GgufFile, TensorInfo, aligned, read_gguf, tensor_entry


def split(model: Path, folder: Path, count: int) -> list[Path]:
    """Write `count` parts into `folder` and return them in order."""
    header, data = read_gguf(model), model.read_bytes()
    share = -(-len(header.tensors) // count)
    paths = [folder / f"{model.stem}-{number + 1:05}-of-{count:05}.gguf" for number in range(count)]
    for number, path in enumerate(paths):
        tensors = header.tensors[number * share : (number + 1) * share]
        path.write_bytes(_part(header, data, tensors, number, count))
    return paths


def _part(header: GgufFile, data: bytes, tensors: tuple[TensorInfo, ...], number: int, count: int) -> bytes:
    kept = [data[start:end] for start, end in header.entries.values()] if number == 0 else []
    kept += [_entry("no", 2, "H", number), _entry("count", 2, "H", count)]
    kept += [_entry("tensors.count", 5, "i", len(header.tensors))]
    entries, body = b"", b""
    for tensor in tensors:
        place = TensorInfo(name=tensor.name, shape=tensor.shape, type=tensor.type, offset=len(body))
        entries += tensor_entry(place)
        start = header.data_offset + tensor.offset
        body += data[start : start + tensor.num_bytes].ljust(aligned(tensor.num_bytes, header.alignment), b"\0")
    head = MAGIC + struct.pack("<IQQ", 3, len(tensors), len(kept)) + b"".join(kept) + entries
    return head.ljust(aligned(len(head), header.alignment), b"\0") + body


def _entry(name: str, kind: int, form: str, value: int) -> bytes:
    key = f"split.{name}".encode()
    return struct.pack("<Q", len(key)) + key + struct.pack(f"<I{form}", kind, value)
