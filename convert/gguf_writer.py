"""GGUF headers: where everything will lie in a file, and its first bytes.

Source: the GGUF specification, version 3. The same metadata and tensors always give the same bytes.
"""

import os
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import InputError
from assistant.models.ggml_types import GgmlType
from assistant.models.gguf import DEFAULT_ALIGNMENT, MAGIC, TensorInfo, Value, aligned, tensor_entry

_VERSION = 3
_U32, _I32, _F32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9
_FORMS = {_U32: "<I", _I32: "<i", _F32: "<f", _BOOL: "<?"}
_KINDS = {bool: _BOOL, int: _U32, float: _F32, str: _STRING}
_ARRAY_KINDS = _KINDS | {int: _I32}
"""llama.cpp reads single whole numbers as unsigned, and lists of them, such as the token types, as signed."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A planned file: its first bytes, and where each tensor will lie."""

    header: bytes
    """Up to the start of the data section, padding included."""
    tensors: tuple[TensorInfo, ...]

    @property
    def num_bytes(self) -> int:
        """Size of the whole file, the padding after the last tensor included."""
        last = self.tensors[-1]
        return len(self.header) + aligned(last.offset + last.num_bytes, DEFAULT_ALIGNMENT)


def plan_layout(metadata: Mapping[str, Value], tensors: Iterable[tuple[str, tuple[int, ...], GgmlType]]) -> Layout:
    """Lay out a file; `tensors` are name, shape (rows first) and type, in the order of the file."""
    infos: list[TensorInfo] = []
    offset = 0
    for name, shape, kind in tensors:
        infos.append(TensorInfo(name=name, shape=shape, type=kind, offset=offset))
        offset = aligned(offset + infos[-1].num_bytes, DEFAULT_ALIGNMENT)
    header = b"".join(
        (
            MAGIC + struct.pack("<IQQ", _VERSION, len(infos), len(metadata)),
            *(_string(key) + _value(value) for key, value in metadata.items()),
            *map(tensor_entry, infos),
        )
    )
    return Layout(header.ljust(aligned(len(header), DEFAULT_ALIGNMENT), b"\0"), tuple(infos))


def check_target(path: Path) -> None:
    """Refuse a path where no GGUF file can be written, before any work.

    Raises:
        InputError: It does not end in .gguf, is a folder, or lies in no folder.
    """
    if path.suffix != ".gguf" or (os.path.lexists(path) and not os.path.isfile(path)):
        raise InputError(f"{path} is not the name of a GGUF file", hint="end it in .gguf")
    if not os.path.isdir(path.parent):  # unlike Path.is_dir, also where the name is too long
        raise InputError(f"no such folder: {path.parent}", hint="create it first")


def _value(value: Value) -> bytes:
    if isinstance(value, tuple):
        kind = _ARRAY_KINDS[type(value[0])]
        items = (_string(item) if isinstance(item, str) else struct.pack(_FORMS[kind], item) for item in value)
        return struct.pack("<IIQ", _ARRAY, kind, len(value)) + b"".join(items)
    if isinstance(value, str):
        return struct.pack("<I", _STRING) + _string(value)
    kind = _KINDS[type(value)]
    return struct.pack("<I", kind) + struct.pack(_FORMS[kind], value)


def _string(text: str) -> bytes:
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"{ascii(text)[:80]} is not valid Unicode", hint="rename it, or mend tokenizer.json"
        ) from error
    return struct.pack("<Q", len(data)) + data
