"""A strict GGUF reader: the header of a model file, checked before anything believes it.

Every count and length is compared with what is left of the file before it is used, so a hostile header costs an error,
never memory. The tensors' data is not read here, and no hyper-parameter is judged: see `assistant.models.card`.

Source: the GGUF specification, version 3 (version 2 differs only in not knowing big-endian files); where it leaves
room, this reader asks for what llama.cpp writes.
"""

import math
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

from assistant.errors import ModelFileError
from assistant.models.ggml_types import GGML_TYPES, GgmlType

Scalar = int | float | bool | str
Value = Scalar | tuple[Scalar, ...]

MAGIC = b"GGUF"
VERSIONS = (2, 3)
DEFAULT_ALIGNMENT = 32

MAX_HEADER_BYTES = 64 << 20
MAX_METADATA_KEYS = 65_536
MAX_TENSORS = 100_000
MAX_STRING_BYTES = 1 << 20
MAX_ARRAY_ELEMENTS = 2_000_000
MAX_KEY_BYTES = (1 << 16) - 1
MAX_TENSOR_NAME_BYTES = 63
MAX_DIMENSION = 1 << 31

_SMALLEST_KEY_BYTES = 13
_SMALLEST_TENSOR_BYTES = 32

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_BOOL, _STRING, _ARRAY = 7, 8, 9
_BROKEN_HINT = "download or convert the model again"


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorInfo:
    """Where one tensor lies and how it is stored."""

    name: str
    shape: tuple[int, ...]
    """Rows first, as numpy says it; the file holds the reverse."""
    type: GgmlType
    offset: int
    """In bytes, from the start of the file's data section."""

    @property
    def num_bytes(self) -> int:
        """Size of the stored data, without the padding after it."""
        return math.prod(self.shape) // self.type.block_size * self.type.block_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufFile:
    """The checked header of a GGUF file."""

    version: int
    metadata: dict[str, Value]
    tensors: tuple[TensorInfo, ...]
    alignment: int
    data_offset: int
    """Where the data section starts, in bytes from the start of the file."""
    num_bytes: int
    """Size of the whole file."""
    entries: dict[str, tuple[int, int]]
    """Where in the file each entry of the metadata begins and ends, its key included; in bytes."""


def read_gguf(path: Path) -> GgufFile:
    """Read and check the header of a GGUF file.

    Raises:
        ModelFileError: The file is missing, is no GGUF, is truncated, or its header contradicts itself.
    """
    try:
        with path.open("rb") as file:
            return read_open_gguf(file, path)
    except FileNotFoundError as error:
        raise ModelFileError(f"no such model file: {path}", hint="check the path") from error
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror}", hint="check the path and its rights") from error


def read_open_gguf(file: BinaryIO, path: Path) -> GgufFile:
    """Read and check the header of a file that is open already; `path` is its name in errors. Raises as `read_gguf`."""
    try:
        return _read(_Cursor(file, os.fstat(file.fileno()).st_size))
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror}", hint="check the disk it is on") from error
    except ModelFileError as error:
        raise ModelFileError(f"{path.name}: {error}", hint=error.hint) from error


class _Cursor:
    """Reads forward and never past what is there."""

    def __init__(self, file: BinaryIO, num_bytes: int) -> None:
        self.file = file
        self.num_bytes = num_bytes
        self.position = 0
        self.limit = min(num_bytes, MAX_HEADER_BYTES)

    def need(self, num_bytes: int, what: str) -> None:
        """Refuse a promise of more bytes than the header can still hold."""
        if num_bytes <= self.limit - self.position:
            return
        if self.limit < self.num_bytes:
            _refuse(f"{what} goes past the largest header, {MAX_HEADER_BYTES >> 20} MiB")
        _refuse(f"truncated: {what} needs {num_bytes} bytes, {self.limit - self.position} are left")

    def take(self, num_bytes: int, what: str) -> bytes:
        self.need(num_bytes, what)
        data = self.file.read(num_bytes)
        if len(data) != num_bytes:
            _refuse("truncated while it was read")
        self.position += num_bytes
        return data

    def unpack(self, form: str, what: str) -> tuple[Scalar, ...]:
        return struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}"), what))

    def u32(self, what: str) -> int:
        return int.from_bytes(self.take(4, what), "little")

    def u64(self, what: str) -> int:
        return int.from_bytes(self.take(8, what), "little")

    def count(self, what: str, *, most: int, item_bytes: int) -> int:
        """Read how many items follow; each takes at least `item_bytes`."""
        number = self.u64(f"the number of {what}")
        if number > most:
            _refuse(f"{number} {what}; the most allowed is {most}")
        self.need(number * item_bytes, what)
        return number

    def string(self, what: str) -> str:
        length = self.u64(what)
        if length > MAX_STRING_BYTES:
            _refuse(f"{what} is {length} bytes long; the most allowed is {MAX_STRING_BYTES}")
        try:
            return self.take(length, what).decode()
        except UnicodeDecodeError:
            _refuse(f"{what} is not UTF-8")

    def strings(self, count: int, what: str) -> tuple[str, ...]:
        """Read `count` strings; the same checks as `string`, in one loop, because vocabularies are long."""
        texts: list[bytes] = []
        read, left = self.file.read, self.limit - self.position
        for _ in range(count):
            length = int.from_bytes(read(8), "little")
            left -= 8 + length
            if left < 0 or length > MAX_STRING_BYTES:
                _refuse(f"truncated: a string of {length} bytes in {what} goes past the end")
            texts.append(read(length))
        self.position = self.limit - left
        try:
            return tuple([text.decode() for text in texts])
        except UnicodeDecodeError:
            _refuse(f"{what} is not UTF-8")

    def label(self, what: str) -> str:
        """Read a string that people see: a key or a tensor's name."""
        text = self.string(what)
        if not text or not text.isprintable():
            _refuse(f"{what} is empty or not printable: {text[:80]!r}")
        return text


def _read(cursor: _Cursor) -> GgufFile:
    version = _read_version(cursor)
    num_tensors = cursor.count("tensors", most=MAX_TENSORS, item_bytes=_SMALLEST_TENSOR_BYTES)
    num_keys = cursor.count("metadata keys", most=MAX_METADATA_KEYS, item_bytes=_SMALLEST_KEY_BYTES)
    entries: dict[str, tuple[int, int]] = {}
    metadata = _read_metadata(cursor, num_keys, entries)
    alignment = _alignment(metadata)
    tensors = _read_tensors(cursor, num_tensors, alignment)
    data_offset = aligned(cursor.position, alignment)
    if tensors and (end := data_offset + tensors[-1].offset + tensors[-1].num_bytes) > cursor.num_bytes:
        _refuse(f"truncated: its tensors end at byte {end}, the file at byte {cursor.num_bytes}")
    return GgufFile(
        version=version,
        metadata=metadata,
        tensors=tensors,
        alignment=alignment,
        data_offset=data_offset,
        num_bytes=cursor.num_bytes,
        entries=entries,
    )


def _read_version(cursor: _Cursor) -> int:
    if cursor.num_bytes < len(MAGIC) or cursor.take(len(MAGIC), "the magic number") != MAGIC:
        _refuse("not a GGUF file", hint="give a file that ends in .gguf; `cairn convert` makes one from a checkpoint")
    version = cursor.u32("the version")
    if version not in VERSIONS:
        _refuse(f"GGUF version {version}", hint="only little-endian files of version 2 or 3 are read; convert it again")
    return version


def _read_metadata(cursor: _Cursor, num_keys: int, entries: dict[str, tuple[int, int]]) -> dict[str, Value]:
    metadata: dict[str, Value] = {}
    for _ in range(num_keys):
        start = cursor.position
        key = cursor.label("a metadata key")
        if len(key.encode()) > MAX_KEY_BYTES:
            _refuse(f"the metadata key {key[:80]!r} is longer than {MAX_KEY_BYTES} bytes")
        if key in metadata:
            _refuse(f"two values for {key}")
        metadata[key] = _read_value(cursor, cursor.u32(f"the kind of {key}"), key)
        entries[key] = (start, cursor.position)
    return metadata


def _read_value(cursor: _Cursor, kind: int, key: str) -> Value:
    if kind == _STRING:
        return cursor.string(key)
    if kind == _ARRAY:
        return _read_array(cursor, key)
    return _read_numbers(cursor, kind, 1, key)[0]


def _read_array(cursor: _Cursor, key: str) -> tuple[Scalar, ...]:
    kind = cursor.u32(f"the kind of {key}")
    if kind == _STRING:
        return cursor.strings(cursor.count(f"strings in {key}", most=MAX_ARRAY_ELEMENTS, item_bytes=8), key)
    return _read_numbers(cursor, kind, cursor.count(f"numbers in {key}", most=MAX_ARRAY_ELEMENTS, item_bytes=1), key)


def _read_numbers(cursor: _Cursor, kind: int, count: int, key: str) -> tuple[Scalar, ...]:
    if kind not in _SCALARS:
        _refuse(f"{key} holds values of unknown kind {kind}" if kind != _ARRAY else f"{key} is an array of arrays")
    if kind == _BOOL:
        data = cursor.take(count, key)
        if data.strip(b"\x00\x01"):
            _refuse(f"{key} holds a truth value that is neither 0 nor 1")
        return tuple(map(bool, data))
    return cursor.unpack(f"{count}{_SCALARS[kind]}", key)


def _alignment(metadata: dict[str, Value]) -> int:
    alignment = metadata.get("general.alignment", DEFAULT_ALIGNMENT)
    if type(alignment) is not int or alignment not in (32, 64, 128, 256, 512, 1024, 2048, 4096):
        _refuse(f"general.alignment is {alignment!r}; it must be a power of two from 32 to 4096")
    return alignment


def _read_tensors(cursor: _Cursor, num_tensors: int, alignment: int) -> tuple[TensorInfo, ...]:
    """Read the tensor table; like llama.cpp, allow neither gaps nor overlaps between the tensors."""
    tensors: dict[str, TensorInfo] = {}
    expected_offset = 0
    for _ in range(num_tensors):
        tensor = _read_tensor(cursor)
        if tensor.name in tensors:
            _refuse(f"two tensors are called {tensor.name}")
        if tensor.offset != expected_offset:
            _refuse(f"{tensor.name} lies at offset {tensor.offset}, not at {expected_offset}: a gap or an overlap")
        tensors[tensor.name] = tensor
        expected_offset = aligned(tensor.offset + tensor.num_bytes, alignment)
    return tuple(tensors.values())


def _read_tensor(cursor: _Cursor) -> TensorInfo:
    name = cursor.label("a tensor's name")
    if len(name.encode()) > MAX_TENSOR_NAME_BYTES:
        _refuse(f"the tensor name {name[:80]!r} is longer than {MAX_TENSOR_NAME_BYTES} bytes")
    num_dims = cursor.u32(f"the dimensions of {name}")
    if not 1 <= num_dims <= 4:
        _refuse(f"{name} has {num_dims} dimensions; 1 to 4 are allowed")
    dims = tuple(cursor.u64(f"the shape of {name}") for _ in range(num_dims))
    type_id = cursor.u32(f"the type of {name}")
    if type_id not in GGML_TYPES:
        _refuse(f"{name} has the unknown type {type_id}", hint="use a model of a type that this version knows")
    if not all(1 <= dim <= MAX_DIMENSION for dim in dims) or math.prod(dims) >= 1 << 63:
        _refuse(f"{name} has the impossible shape {dims[::-1]}")
    if dims[0] % GGML_TYPES[type_id].block_size:
        _refuse(f"{name} has rows of {dims[0]}, no multiple of the block of {GGML_TYPES[type_id].name}")
    return TensorInfo(name=name, shape=dims[::-1], type=GGML_TYPES[type_id], offset=cursor.u64(f"the offset of {name}"))


def tensor_entry(tensor: TensorInfo) -> bytes:
    """A tensor's entry in the header, as a file holds it."""
    name, dims = tensor.name.encode(), tensor.shape[::-1]
    form = f"<Q{len(name)}sI{len(dims)}QIQ"
    return struct.pack(form, len(name), name, len(dims), *dims, tensor.type.id, tensor.offset)


def aligned(offset: int, alignment: int) -> int:
    """Round up to the next multiple of `alignment`."""
    return -(-offset // alignment) * alignment


def _refuse(reason: str, *, hint: str = _BROKEN_HINT) -> NoReturn:
    raise ModelFileError(reason, hint=hint)
