"""The GGUF reader: what is right is read exactly, what is wrong is refused by name, and nothing costs memory."""

import ctypes
import importlib.util
import random
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.errors import ModelFileError
from assistant.models.ggml_types import GGML_TYPES
from assistant.models.gguf import read_gguf

U32, STRING, ARRAY = 4, 8, 9


def refusal(path: Path) -> str:
    """Read a file that must be refused; return the reason."""
    with pytest.raises(ModelFileError) as caught:
        read_gguf(path)
    assert caught.value.hint
    return str(caught.value)


def test_a_good_file_is_read_exactly(write_gguf: Callable[..., Path]) -> None:
    """Metadata, arrays and tensor infos are what was written; shapes are rows first."""
    gguf = read_gguf(write_gguf())

    assert gguf.version == 3
    assert gguf.metadata["general.name"] == "tiny"
    assert gguf.metadata["starcoder.attention.layer_norm_epsilon"] == 0.5
    assert gguf.metadata["tokenizer.ggml.add_bos_token"] is False
    assert gguf.metadata["tokenizer.ggml.tokens"] == ("a", "b", "é", "<fim>")
    assert gguf.metadata["tokenizer.ggml.token_type"] == (1, 1, 1, 3)
    assert [(each.name, each.shape, each.type.name, each.offset, each.num_bytes) for each in gguf.tensors] == [
        ("token_embd.weight", (4, 32), "Q4_0", 0, 72),
        ("output_norm.weight", (32,), "F32", 96, 128),
    ]
    assert gguf.data_offset % gguf.alignment == 0
    assert gguf.num_bytes == gguf.data_offset + 224


def test_block_sizes_are_those_of_the_library() -> None:
    """Every known type has the name, block and size that libggml gives it."""
    spec = importlib.util.find_spec("llama_cpp")
    assert spec is not None
    assert spec.origin is not None
    library = ctypes.CDLL(str(Path(spec.origin).parent / "lib/libggml-base.so"))
    library.ggml_type_name.restype = ctypes.c_char_p
    library.ggml_blck_size.restype = ctypes.c_int64
    library.ggml_type_size.restype = ctypes.c_size_t

    for kind in GGML_TYPES.values():
        assert library.ggml_type_name(kind.id).decode().upper() == kind.name
        assert (library.ggml_blck_size(kind.id), library.ggml_type_size(kind.id)) == (kind.block_size, kind.block_bytes)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"data": b""}, "not a GGUF file"),
        ({"data": b"PK\3\4" + bytes(100)}, "not a GGUF file"),
        ({"version": 1}, "GGUF version 1"),
        ({"version": 3 << 24}, "GGUF version"),
        ({"num_keys": 1 << 63}, "metadata keys"),
        ({"num_keys": 60_000}, "truncated"),
        ({"num_tensors": 1 << 63}, "tensors"),
        ({"num_tensors": 90_000}, "truncated"),
        ({"data_bytes": 223}, "truncated: its tensors end"),
        ({"tensors": (("a", (32,), 0, 0), ("a", (32,), 0, 128))}, "two tensors"),
        ({"tensors": (("a", (32,), 0, 0), ("b", (32,), 0, 64))}, "overlap"),
        ({"tensors": (("a", (32,), 0, 1 << 40),)}, "gap"),
        ({"tensors": (("a", (), 0, 0),)}, "0 dimensions"),
        ({"tensors": (("a", (1, 1, 1, 1, 1), 0, 0),)}, "5 dimensions"),
        ({"tensors": (("a", (0,), 0, 0),)}, "impossible shape"),
        ({"tensors": (("a", (1 << 31, 1 << 31, 1 << 31), 0, 0),)}, "impossible shape"),
        ({"tensors": (("a", (1 << 31, 1 << 31), 0, 0),)}, "truncated"),
        ({"tensors": (("a", (33,), 2, 0),)}, "multiple of the block"),
        ({"tensors": (("a", (32,), 4, 0),)}, "unknown type 4"),
        ({"tensors": (("a" * 64, (32,), 0, 0),)}, "longer than 63"),
        ({"tensors": (("", (32,), 0, 0),)}, "empty"),
        ({"tensors": (("a\x1b[2J", (32,), 0, 0),)}, "not printable"),
    ],
)
def test_a_header_that_lies_is_refused(write_gguf: Callable[..., Path], fields: dict, reason: str) -> None:
    """Counts, shapes, types, names and offsets are checked, and the reason is named."""
    assert reason in refusal(write_gguf(**fields))


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        (99, b"", "unknown kind 99"),
        (7, b"\2", "truth value"),
        (STRING, struct.pack("<Q", 1 << 62), "bytes long"),
        (STRING, struct.pack("<Q", 1 << 19), "truncated"),
        (STRING, struct.pack("<Q", 2) + b"\xff\xfe", "UTF-8"),
        (ARRAY, struct.pack("<IQ", 0, 1 << 40), "numbers in x; the most"),
        (ARRAY, struct.pack("<IQ", 12, 1_900_000), "truncated"),
        (ARRAY, struct.pack("<IQ", STRING, 1 << 63), "strings in x; the most"),
        (ARRAY, struct.pack("<IQQ", STRING, 1, 1 << 62), "goes past the end"),
        (ARRAY, struct.pack("<IQ", ARRAY, 1) + struct.pack("<IQ", 4, 0), "array of arrays"),
        (ARRAY, struct.pack("<IQ", 77, 1), "unknown kind 77"),
    ],
)
def test_a_value_that_lies_is_refused(with_keys: Callable[..., Path], kind: int, value: bytes, reason: str) -> None:
    """Kinds, lengths and contents of metadata are checked before they are believed."""
    assert reason in refusal(with_keys(("x", kind, value)))


def test_a_key_may_appear_once(write_gguf: Callable[..., Path]) -> None:
    """Two values for one key would let two readers see two models."""
    one = ("a", U32, bytes(4))

    assert "two values for a" in refusal(write_gguf(keys=(one, one)))


@pytest.mark.parametrize("alignment", [0, 1, 48, 1 << 31])
def test_the_alignment_is_a_sensible_power_of_two(with_keys: Callable[..., Path], alignment: int) -> None:
    """Any other alignment is refused."""
    assert "alignment" in refusal(with_keys(("general.alignment", U32, struct.pack("<I", alignment))))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The path is in the message; a folder is no file."""
    assert "no such model file" in refusal(tmp_path / "nothing.gguf")
    assert "cannot read" in refusal(tmp_path)


def test_every_truncation_is_refused(write_gguf: Callable[..., Path]) -> None:
    """Wherever the file is cut, it is refused, never half read."""
    whole = write_gguf().read_bytes()

    for length in range(len(whole)):
        assert refusal(write_gguf(data=whole[:length]))


def test_two_thousand_mutations_never_escape_nor_cost_memory(write_gguf: Callable[..., Path]) -> None:
    """Random damage is either harmless or a ModelFileError, and never takes more than a megabyte."""
    whole = write_gguf().read_bytes()
    dice = random.Random(1)
    num_refused = 0
    tracemalloc.start()

    for _ in range(2_000):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            data[dice.randrange(len(data) - 224)] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
        try:
            read_gguf(write_gguf(data=bytes(data)))
        except ModelFileError:
            num_refused += 1

    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert num_refused > 1_000
    assert peak_bytes < 1 << 20


@pytest.mark.parametrize(("name", "num_tokens"), [("starcoder", 49_152), ("qwen2", 151_936), ("llama-bpe", 128_256)])
def test_vocabularies_of_real_models_are_read_whole(shared_data: Path, name: str, num_tokens: int) -> None:
    """A real vocabulary with its merges."""
    gguf = read_gguf(shared_data / f"vocab/ggml-vocab-{name}.gguf")

    tokens = gguf.metadata["tokenizer.ggml.tokens"]
    assert isinstance(tokens, tuple)
    assert len(tokens) == num_tokens
