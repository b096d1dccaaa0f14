"""Importance matrix files: written as llama.cpp's tools read them, read as they do, and nothing broken is believed."""

import struct
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import InputError, ModelFileError
from assistant.models.ggml_types import GGML_TYPE_BY_NAME
from assistant.models.gguf import read_gguf
from convert.gguf_writer import plan_layout
from convert.quality.imatrix import ColumnSums, read_imatrix, write_imatrix

RNG = np.random.default_rng(4)
PLAIN = ColumnSums(RNG.random((1, 5)) * 100, np.array([7]))
STACKED = ColumnSums(RNG.random((3, 4)) * 100, np.array([3, 0, 11]))
METADATA = {"imatrix.datasets": ("corpus.txt",), "imatrix.chunk_count": 2, "imatrix.chunk_size": 512}


def write_gguf(path: Path, arrays: dict[str, np.ndarray], metadata: dict) -> Path:
    """Write arrays as F32 (or F16) tensors."""
    kinds = {"float32": "F32", "float16": "F16"}
    tensors = [(name, array.shape, GGML_TYPE_BY_NAME[kinds[str(array.dtype)]]) for name, array in arrays.items()]
    layout = plan_layout(metadata, tensors)
    data = bytearray(layout.num_bytes)
    data[: len(layout.header)] = layout.header
    for info, array in zip(layout.tensors, arrays.values(), strict=True):
        start = len(layout.header) + info.offset
        data[start : start + info.num_bytes] = array.tobytes()
    path.write_bytes(data)
    return path


def dat_bytes(entries: list[tuple[bytes, int, list[float]]]) -> bytes:
    """Return the older form: entries, then chunks and corpus."""
    rows = (
        struct.pack("<i", len(name)) + name + struct.pack(f"<ii{len(sums)}f", num_calls, len(sums), *sums)
        for name, num_calls, sums in entries
    )
    return struct.pack("<i", len(entries)) + b"".join(rows) + struct.pack("<ii", 2, 6) + b"corpus"


def test_what_is_written_reads_back_as_mean_squares(tmp_path: Path) -> None:
    """One float a column and expert: the float32 sum over the count, and ones for an expert that saw nothing."""
    path = tmp_path / "m.gguf"
    sums = {"blk.1.ffn_up_exps.weight": STACKED, "blk.0.ffn_up.weight": PLAIN}

    write_imatrix(path, sums, datasets=["corpus.txt"], num_chunks=2, chunk_tokens=512)
    found = read_imatrix(path)

    stacked = STACKED.in_sum2.astype(np.float32) / np.float32([[3], [1], [11]])
    stacked[1] = 1
    assert list(found) == ["blk.0.ffn_up.weight", "blk.1.ffn_up_exps.weight"]
    assert (found["blk.0.ffn_up.weight"] == PLAIN.in_sum2[0].astype(np.float32) / np.float32(7)).all()
    assert (found["blk.1.ffn_up_exps.weight"] == stacked.reshape(-1)).all()
    assert all(values.dtype == np.float32 for values in found.values())


def test_the_file_has_the_form_of_llama_imatrix(tmp_path: Path) -> None:
    """Keys, names, order and shapes are those of llama.cpp's own tool."""
    path = tmp_path / "m.gguf"

    write_imatrix(path, {"b.weight": STACKED, "a.weight": PLAIN}, datasets=["c"], num_chunks=2, chunk_tokens=64)

    gguf = read_gguf(path)
    assert gguf.metadata == {
        "general.type": "imatrix",
        "imatrix.datasets": ("c",),
        "imatrix.chunk_count": 2,
        "imatrix.chunk_size": 64,
    }
    assert [(tensor.name, tensor.shape, tensor.type.name) for tensor in gguf.tensors] == [
        ("a.weight.in_sum2", (5,), "F32"),
        ("a.weight.counts", (1,), "F32"),
        ("b.weight.in_sum2", (3, 4), "F32"),
        ("b.weight.counts", (3, 1), "F32"),
    ]


def test_a_matrix_needs_a_gguf_name(tmp_path: Path) -> None:
    """The target is checked like that of a conversion."""
    with pytest.raises(InputError, match=r"m\.dat"):
        write_imatrix(tmp_path / "m.dat", {"a": PLAIN}, datasets=["c"], num_chunks=1, chunk_tokens=64)


def test_the_older_form_is_read(tmp_path: Path) -> None:
    """Its sums are divided by the number of calls; an entry without calls is taken as it is."""
    path = tmp_path / "m.dat"
    path.write_bytes(dat_bytes([(b"a.weight", 3, [6.0, 1.0]), (b"b.weight", 0, [2.0])]))

    found = read_imatrix(path)

    assert (found["a.weight"] == np.float32([6, 1]) / np.float32(3)).all()
    assert found["b.weight"].tolist() == [2.0]


ONE = np.ones(1, np.float32)
FOUR = np.ones(4, np.float32)
BROKEN_GGUF = {
    "sums without counts": ({"a.in_sum2": FOUR}, METADATA),
    "counts without sums": ({"a.in_sum2": FOUR, "a.counts": ONE, "b.counts": ONE}, METADATA),
    "counts that do not divide the sums": ({"a.in_sum2": FOUR, "a.counts": np.ones(3, np.float32)}, METADATA),
    "sums in F16": ({"a.in_sum2": FOUR.astype(np.float16), "a.counts": ONE}, METADATA),
    "a sum that is no number": ({"a.in_sum2": FOUR * np.float32(np.nan), "a.counts": ONE}, METADATA),
    "a negative sum": ({"a.in_sum2": -FOUR, "a.counts": ONE}, METADATA),
    "an infinite count": ({"a.in_sum2": FOUR, "a.counts": ONE * np.float32(np.inf)}, METADATA),
    "no chunk size": ({"a.in_sum2": FOUR, "a.counts": ONE}, {"imatrix.datasets": ("c",), "imatrix.chunk_count": 1}),
    "a model": ({"token_embd.weight": FOUR}, {"general.architecture": "starcoder"}),
}


@pytest.mark.parametrize("what", BROKEN_GGUF)
def test_a_broken_gguf_form_is_refused(tmp_path: Path, what: str) -> None:
    """Each is a clear error with a hint."""
    arrays, metadata = BROKEN_GGUF[what]
    path = write_gguf(tmp_path / "m.gguf", arrays, metadata)

    with pytest.raises(ModelFileError) as caught:
        read_imatrix(path)

    assert caught.value.hint


GOOD_DAT = dat_bytes([(b"a.weight", 3, [6.0, 1.0])])
BROKEN_DAT = {
    "empty": b"",
    "text": b"def add(first, second): return first + second",
    "2^31 - 1 entries": struct.pack("<i", (1 << 31) - 1) + GOOD_DAT[4:],
    "no entry": struct.pack("<i", 0),
    "a negative name length": struct.pack("<ii", 1, -1) + GOOD_DAT[8:],
    "2^30 numbers": struct.pack("<ii", 1, 8) + b"a.weight" + struct.pack("<ii", 3, 1 << 30),
    "a negative number of numbers": struct.pack("<ii", 1, 8) + b"a.weight" + struct.pack("<ii", 3, -4),
    "truncated": GOOD_DAT[:20],
    "the same name twice": dat_bytes([(b"a", 1, [1.0]), (b"a", 1, [1.0])]),
    "an infinite sum": dat_bytes([(b"a", 1, [np.inf])]),
}


@pytest.mark.parametrize("what", BROKEN_DAT)
def test_a_broken_older_form_is_refused(tmp_path: Path, what: str) -> None:
    """Lengths are compared with what is left before anything is read."""
    path = tmp_path / "m.dat"
    path.write_bytes(BROKEN_DAT[what])

    with pytest.raises(ModelFileError) as caught:
        read_imatrix(path)

    assert caught.value.hint


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    """A sparse terabyte costs an error, no memory."""
    path = tmp_path / "m.dat"
    with path.open("wb") as file:
        file.truncate(1 << 40)

    with pytest.raises(ModelFileError, match="larger than 256 MiB"):
        read_imatrix(path)


def test_a_missing_file_is_an_error_with_a_hint(tmp_path: Path) -> None:
    """Like every other missing file."""
    with pytest.raises(ModelFileError, match="No such file"):
        read_imatrix(tmp_path / "none.gguf")
