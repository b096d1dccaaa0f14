"""GGUF files built by hand, so that each field can be made to lie."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

U32, STRING, ARRAY = 4, 8, 9

Key = tuple[str, int, bytes]
Tensor = tuple[str, tuple[int, ...], int, int]


def string(text: str) -> bytes:
    """Return a GGUF string."""
    return struct.pack("<Q", len(text.encode())) + text.encode()


def array(kind: int, count: int, data: bytes) -> bytes:
    """Return a GGUF array that claims `count` elements."""
    return struct.pack("<IQ", kind, count) + data


KEYS: tuple[Key, ...] = (
    ("general.architecture", STRING, string("starcoder")),
    ("general.name", STRING, string("tiny")),
    ("general.file_type", U32, struct.pack("<I", 2)),
    ("starcoder.context_length", U32, struct.pack("<I", 64)),
    ("starcoder.embedding_length", U32, struct.pack("<I", 32)),
    ("starcoder.attention.layer_norm_epsilon", 6, struct.pack("<f", 0.5)),
    ("tokenizer.ggml.add_bos_token", 7, b"\0"),
    ("tokenizer.ggml.tokens", ARRAY, array(STRING, 4, b"".join(map(string, ["a", "b", "é", "<fim>"])))),
    ("tokenizer.ggml.token_type", ARRAY, array(5, 4, struct.pack("<4i", 1, 1, 1, 3))),
)
"""(key, kind, stored value)."""

TENSORS: tuple[Tensor, ...] = (
    ("token_embd.weight", (32, 4), 2, 0),
    ("output_norm.weight", (32,), 0, 96),
)
"""(name, dims as stored, type id, offset): Q4_0 (72 bytes) and F32 (128 bytes)."""


def gguf_bytes(
    *,
    keys: tuple[Key, ...] = KEYS,
    tensors: tuple[Tensor, ...] = TENSORS,
    version: int = 3,
    num_keys: int | None = None,
    num_tensors: int | None = None,
    data_bytes: int = 224,
) -> bytes:
    """Return a GGUF file; the counts may be made to differ from what is there."""
    parts = [b"GGUF", struct.pack("<I", version)]
    parts.append(struct.pack("<QQ", num_tensors or len(tensors), num_keys or len(keys)))
    parts += [string(key) + struct.pack("<I", kind) + value for key, kind, value in keys]
    for name, dims, kind, offset in tensors:
        parts.append(string(name) + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, kind, offset))
    header = b"".join(parts)
    return header + bytes(-len(header) % 32) + bytes(data_bytes)


@pytest.fixture
def write_gguf(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a GGUF file made of the good one with some fields replaced."""

    def write(data: bytes | None = None, **fields: object) -> Path:
        path = tmp_path / "model.gguf"
        path.write_bytes(gguf_bytes(**fields) if data is None else data)
        return path

    return write


@pytest.fixture
def with_keys(write_gguf: Callable[..., Path]) -> Callable[..., Path]:
    """Return a function that writes a GGUF file with more keys, or other values for the known ones."""

    def write(*changed: Key) -> Path:
        names = [key for key, _, _ in changed]
        return write_gguf(keys=(*(entry for entry in KEYS if entry[0] not in names), *changed))

    return write
