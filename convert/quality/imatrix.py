"""Importance matrices on disk: how large the numbers are that enter each column of each weight matrix.

A quantizer that knows them spends its precision where it matters. Source: llama.cpp's tools/imatrix for the form of the
file, tools/quantize for what is made of it; the older form, `.dat`, is read too.
"""

import os
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from assistant.models.ggml_types import GGML_TYPE_BY_NAME
from assistant.models.gguf import MAGIC, TensorInfo, Value, read_gguf
from convert.gguf_writer import check_target, plan_layout
from convert.partial_file import writing
from convert.source.files import refuse

MAX_IMATRIX_BYTES = 256 << 20
MAX_ENTRIES = 50_000
MAX_NAME_BYTES = 63

_SUMS, _COUNTS = ".in_sum2", ".counts"
_KEYS = ("imatrix.datasets", "imatrix.chunk_count", "imatrix.chunk_size")
_HINT = "make it again with `cairn convert imatrix` or llama-imatrix"


@dataclass(frozen=True, slots=True)
class ColumnSums:
    """What entered one tensor."""

    in_sum2: np.ndarray
    """(experts, columns) float64, sums of the squares; one expert for a plain matrix."""
    counts: np.ndarray
    """(experts,) int64, how many rows were summed."""


def write_imatrix(
    path: Path, sums: Mapping[str, ColumnSums], *, datasets: Sequence[str], num_chunks: int, chunk_tokens: int
) -> None:
    """Write the form that llama-quantize reads; the file appears when it is whole.

    Raises:
        InputError: The file cannot be written there.
    """
    check_target(path)
    metadata: dict[str, Value] = {"general.type": "imatrix"}
    metadata |= zip(_KEYS, (tuple(datasets), num_chunks, chunk_tokens), strict=True)
    arrays: dict[str, np.ndarray] = {}
    for name in sorted(sums):
        each = sums[name]
        is_plain = len(each.counts) == 1  # GGUF has no dimensions of one at the end
        arrays[name + _SUMS] = each.in_sum2.reshape(-1) if is_plain else each.in_sum2
        arrays[name + _COUNTS] = each.counts if is_plain else each.counts[:, None]
    float32 = GGML_TYPE_BY_NAME["F32"]
    layout = plan_layout(metadata, [(name, array.shape, float32) for name, array in arrays.items()])
    with writing(path, layout, identity="importance matrix") as partial:  # small: written anew whatever was there
        for info, array in zip(layout.tensors, arrays.values(), strict=True):
            partial.write(len(layout.header) + info.offset, memoryview(array.astype("<f4").tobytes()))
        partial.write_header(layout.header)


def read_imatrix(path: Path) -> dict[str, np.ndarray]:
    """Read the weights that llama-quantize would hand to the quantizer, from either form of file.

    Returns:
        By tensor name, (columns,) or (experts * columns,) float32: the mean square of what entered each column. An
        expert that saw nothing has ones.

    Raises:
        ModelFileError: The file is missing, broken or too large, or holds numbers no sum of squares can be.
    """
    try:
        with path.open("rb") as file:
            num_bytes = os.fstat(file.fileno()).st_size
            if num_bytes > MAX_IMATRIX_BYTES:
                refuse(f"{path.name} is larger than {MAX_IMATRIX_BYTES >> 20} MiB", hint="give an importance matrix")
            is_gguf = file.read(len(MAGIC)) == MAGIC
            file.seek(0)
            found = _read_gguf_form(path, file) if is_gguf else _read_dat_form(path.name, file.read(num_bytes))
    except OSError as error:
        refuse(f"cannot read {path}: {error.strerror}", hint="check the path and its rights")
    for name, values in found.items():
        if not np.isfinite(values).all() or (values < 0).any():
            refuse(f"{path.name}: {name} has numbers that are no mean of squares", hint=_HINT)
    return found


def _read_gguf_form(path: Path, file: BinaryIO) -> dict[str, np.ndarray]:
    gguf = read_gguf(path)
    tensors = {tensor.name: tensor for tensor in gguf.tensors}
    names = sorted(name.removesuffix(_SUMS) for name in tensors if name.endswith(_SUMS))
    if not names or not gguf.metadata.keys() >= set(_KEYS):
        refuse(f"{path.name} is no importance matrix", hint=_HINT)
    if {name + _COUNTS for name in names} != {name for name in tensors if name.endswith(_COUNTS)}:
        refuse(f"{path.name} has sums without counts, or counts without sums", hint=_HINT)

    def read(tensor: TensorInfo) -> np.ndarray:
        if tensor.type.name != "F32":
            refuse(f"{path.name}: {tensor.name} is stored as {tensor.type.name}, not F32", hint=_HINT)
        file.seek(gguf.data_offset + tensor.offset)
        return np.frombuffer(file.read(tensor.num_bytes), "<f4")

    return {name: _means(name, read(tensors[name + _SUMS]), read(tensors[name + _COUNTS])) for name in names}


def _means(name: str, sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Divide in float32, as llama-quantize does, so that the quantizer gets the same bits."""
    if sums.size % counts.size or not np.isfinite(counts).all():
        refuse(f"{name} has {sums.size} sums and {counts.size} counts, or a count that is no number", hint=_HINT)
    rounded = np.floor(counts.astype(np.float64) + 0.5).astype(np.float32)[:, None]
    rows = sums.reshape(len(counts), -1)
    return np.where(rounded > 0, rows / np.where(rounded > 0, rounded, 1), np.float32(1)).reshape(-1)


def _read_dat_form(file_name: str, data: bytes) -> dict[str, np.ndarray]:
    """Read entries of name, number of calls, and sums scaled to it; what follows them, the corpus, is left."""
    position = 0

    def take(num_bytes: int) -> bytes:
        nonlocal position
        if not 0 <= num_bytes <= len(data) - position:
            refuse(f"{file_name} is no importance matrix, or truncated", hint=_HINT)
        position += num_bytes
        return data[position - num_bytes : position]

    def number(most: int, least: int = 1) -> int:
        (value,) = struct.unpack("<i", take(4))
        return value if least <= value <= most else refuse(f"{file_name} is no importance matrix", hint=_HINT)

    found: dict[str, np.ndarray] = {}
    for _ in range(number(MAX_ENTRIES)):
        name = take(number(MAX_NAME_BYTES)).decode("utf-8", "replace")
        num_calls = number((1 << 31) - 1, least=-(1 << 31))
        sums = np.frombuffer(take(4 * number(MAX_IMATRIX_BYTES // 4)), "<f4")
        if name in found:
            refuse(f"{file_name} has {name[:80]!r} twice", hint=_HINT)
        found[name] = sums / np.float32(num_calls) if num_calls > 0 else sums.copy()
    return found
