"""safetensors files: a strict header check, and tensors as mapped rows. The data is never read whole.

Source: the safetensors format: 8 bytes of header length, a JSON header, the data. The public reader lets duplicate
keys, strange names and empty tensors pass; this one does not.
"""

import math
import mmap
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from assistant.errors import ModelFileError
from convert.source.files import open_inside, parse_json, refuse

MAX_HEADER_BYTES = 20 << 20
"""200 bytes for each of the most tensors. The public reader allows 100 MB, which can become gigabytes of objects."""
MAX_TENSORS = 100_000
MAX_METADATA_BYTES = 1 << 20
SLAB_NUMBERS = 4 << 20
"""Numbers of one slab, 16 MiB as float32. Peak memory is a few slabs per thread, whatever the size of the model."""
ITEM_BYTES = {
    "F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2,
    "I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1,
}  # fmt: skip
_STORED = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2")}
_NAME = re.compile(r"[A-Za-z0-9_.\-/]{1,200}")


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """One tensor of a mapped file."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    mapped: mmap.mmap
    """The whole file."""
    begin: int
    end: int
    """In bytes, from the start of the file."""

    @property
    def data(self) -> memoryview:
        """The stored bytes, mapped."""
        return memoryview(self.mapped)[self.begin : self.end]

    @property
    def num_rows(self) -> int:
        """Rows of the tensor seen as a matrix; a vector is one row."""
        return math.prod(self.shape[:-1])

    @property
    def row_bytes(self) -> int:
        """Stored bytes of one row."""
        return (self.end - self.begin) // self.num_rows

    @property
    def num_columns(self) -> int:
        """Length of one row."""
        return self.shape[-1] if self.shape else 1

    def check_numbers(self) -> None:
        """Refuse numbers that `rows` cannot widen.

        Raises:
            ModelFileError: They are neither F32, F16 nor BF16, or a row does not fit a slab.
        """
        if self.dtype not in _STORED:
            refuse(f"{self.name} is stored as {self.dtype}", hint="save the checkpoint as float32, float16 or bfloat16")
        if self.num_columns > SLAB_NUMBERS:
            refuse(f"{self.name} has rows of {self.num_columns} numbers", hint="no known model has rows that long")

    def slab(self, start: int, stop: int) -> memoryview:
        """Return the stored bytes of some rows, mapped."""
        return self.data[start * self.row_bytes : stop * self.row_bytes]

    def slabs(self, multiple: int = 1) -> Iterator[tuple[int, int]]:
        """Cut the rows into slabs, as the function of that name does."""
        return slabs(self.num_rows, self.num_columns, multiple)

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Copy rows to (stop - start, columns) float32; bfloat16 and float16 widen exactly."""
        stored = np.frombuffer(self.slab(start, stop), _STORED[self.dtype]).reshape(stop - start, self.num_columns)
        if self.dtype == "BF16":
            return np.left_shift(stored, 16, dtype=np.uint32).view(np.float32)
        return stored.astype(np.float32)

    def release(self, start: int, stop: int) -> None:
        """Let go of the pages of rows that were read."""
        release(self.mapped, self.begin + start * self.row_bytes, self.begin + stop * self.row_bytes)

    def equals(self, other: "StoredTensor") -> bool:
        """Compare bit by bit, a slab at a time."""
        if (self.dtype, self.shape) != (other.dtype, other.shape):
            return False
        for start, stop in self.slabs():
            is_same = self.slab(start, stop) == other.slab(start, stop)
            self.release(start, stop)
            other.release(start, stop)
            if not is_same:
                return False
        return True


def slabs(num_rows: int, num_columns: int, multiple: int = 1) -> Iterator[tuple[int, int]]:
    """Cut rows into runs of at most `SLAB_NUMBERS` numbers; each but the last is a multiple of `multiple` rows."""
    step = max(1, SLAB_NUMBERS // num_columns // multiple) * multiple
    for start in range(0, num_rows, step):
        yield start, min(start + step, num_rows)


def release(mapped: mmap.mmap, begin: int, end: int) -> None:
    """Let go of pages that were read, so that a checkpoint larger than the memory does not fill it."""
    first = begin // mmap.PAGESIZE * mmap.PAGESIZE
    mapped.madvise(mmap.MADV_DONTNEED, first, end - first)


@dataclass(frozen=True, slots=True)
class SafetensorsFile:
    """A mapped file and its tensors by name. The mapping keeps its bytes even when the file is replaced."""

    name: str
    mapped: mmap.mmap
    header_bytes: int
    """Bytes before the first tensor."""
    tensors: dict[str, StoredTensor]
    """In the order of the file, without gaps."""

    def read_ahead(self, begin: int, end: int) -> None:
        """Have the kernel read some bytes of the file while we work on earlier ones."""
        first, last = begin // mmap.PAGESIZE * mmap.PAGESIZE, min(end, len(self.mapped))
        if first < last:
            self.mapped.madvise(mmap.MADV_WILLNEED, first, last - first)


def open_safetensors(path: Path) -> SafetensorsFile:
    """Map a file and check its header.

    Raises:
        ModelFileError: The file is truncated, or its header contradicts itself or the file.
    """
    with open_inside(path.parent, path.name) as file:
        header = _read_header(file, path.name)
        base = file.tell()
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise ModelFileError(f"cannot map {path.name}: {error.strerror}", hint="the file is too large") from error
    return SafetensorsFile(path.name, mapped, base, _tensors(header, mapped, base, path.name))


def _read_header(file: BinaryIO, name: str) -> dict[str, Any]:
    """Read the header and leave the file where its data begins."""
    num_bytes = os.fstat(file.fileno()).st_size
    header_bytes = int.from_bytes(file.read(8), "little")
    if num_bytes < 8 or header_bytes > num_bytes - 8:
        refuse(f"{name} is truncated or no safetensors file: {num_bytes} bytes, of which {header_bytes} for a header")
    if header_bytes > MAX_HEADER_BYTES:
        refuse(f"{name} has a header of {header_bytes} bytes; the most allowed is {MAX_HEADER_BYTES}")
    text = file.read(header_bytes)
    if not text.startswith(b"{"):
        refuse(f"{name} is no safetensors file")
    header = parse_json(text, name)
    _check_metadata(header.pop("__metadata__", {}), name)
    return header


def _check_metadata(notes: Any, name: str) -> None:
    is_text = isinstance(notes, dict) and all(isinstance(value, str) for value in notes.values())
    if not is_text or sum(len(key) + len(value) for key, value in notes.items()) > MAX_METADATA_BYTES:
        refuse(f"{name}: __metadata__ is not text by name, or too long")


def _tensors(header: dict[str, Any], mapped: mmap.mmap, base: int, name: str) -> dict[str, StoredTensor]:
    if not 1 <= len(header) <= MAX_TENSORS:
        refuse(f"{name} holds {len(header)} tensors")
    tensors: dict[str, StoredTensor] = {}
    expected, num_bytes = 0, len(mapped) - base
    for begin, end, key, entry in sorted((*_span(key, entry, name), key, entry) for key, entry in header.items()):
        if begin != expected:
            refuse(f"{name}: {key} starts at byte {begin}, not at {expected}: a gap or an overlap")
        if end > num_bytes:
            refuse(f"{name} is truncated: {key} ends at byte {end}, the data at byte {num_bytes}")
        tensors[key] = StoredTensor(key, entry["dtype"], tuple(entry["shape"]), mapped, base + begin, base + end)
        expected = end
    if expected != num_bytes:
        refuse(f"{name} has {num_bytes - expected} bytes after its last tensor")
    return tensors


def _span(key: str, entry: Any, name: str) -> tuple[int, int]:
    """Check one header entry and return where its data begins and ends."""
    if not _NAME.fullmatch(key) or ".." in key:
        refuse(f"{name} has a tensor of the strange name {key[:80]!r}")
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        refuse(f"{name}: the entry of {key} is malformed")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not (isinstance(dtype, str) and dtype in ITEM_BYTES):
        refuse(f"{name}: {key} has the unknown type {str(dtype)[:80]!r}")
    if not (_are_counts(shape) and _are_counts(offsets) and len(shape) <= 8 and len(offsets) == 2):
        refuse(f"{name}: the shape or the offsets of {key} are malformed")
    if offsets[1] - offsets[0] != math.prod(shape) * ITEM_BYTES[dtype] or offsets[1] == offsets[0]:
        refuse(f"{name}: {key} has shape {shape} but {offsets[1] - offsets[0]} bytes")
    return offsets[0], offsets[1]


def _are_counts(numbers: Any) -> bool:
    return isinstance(numbers, list) and all(type(number) is int and 0 <= number < 1 << 48 for number in numbers)
