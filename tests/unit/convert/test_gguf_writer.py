"""The GGUF writer: a file is whole under its name, or not there."""

import os
from pathlib import Path

import pytest

from assistant.errors import InputError, ModelFileError
from assistant.models.ggml_types import GGML_TYPE_BY_NAME
from assistant.models.gguf import read_gguf
from convert.gguf_writer import plan_layout, writing

F32 = GGML_TYPE_BY_NAME["F32"]
METADATA = {"name": "é", "flag": True, "number": 7, "share": 0.25, "list": (1, -2), "texts": ("a", "")}


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    """Every kind of value, and tensors of odd sizes, come back as they were."""
    layout = plan_layout(METADATA, [("a", (3, 5), F32), ("b", (7,), F32)])

    with writing(tmp_path / "m.gguf", layout) as descriptor:
        os.pwrite(descriptor, b"data", len(layout.header) + 64)

    gguf = read_gguf(tmp_path / "m.gguf")
    assert gguf.metadata == METADATA
    assert gguf.tensors == layout.tensors
    assert (tmp_path / "m.gguf").read_bytes()[gguf.data_offset + 64 :] == b"data" + bytes(28)


def test_only_the_rename_shows_the_file(tmp_path: Path) -> None:
    """While it is written the file has another name."""
    layout = plan_layout(METADATA, [("a", (8,), F32)])

    with writing(tmp_path / "m.gguf", layout):
        names = [path.name for path in tmp_path.iterdir()]

    assert len(names) == 1
    assert names[0].startswith("m.gguf.partial-")
    assert [path.name for path in tmp_path.iterdir()] == ["m.gguf"]


def test_a_file_larger_than_the_disk_is_refused_at_once(tmp_path: Path) -> None:
    """The size is known before the work, and compared with the free space."""
    layout = plan_layout(METADATA, [("a", (1 << 24, 1 << 24), F32)])

    with pytest.raises(InputError, match="free"), writing(tmp_path / "m.gguf", layout):
        pass

    assert not list(tmp_path.iterdir())


def test_a_file_that_does_not_read_back_is_not_kept(tmp_path: Path) -> None:
    """Damage between writing and renaming is noticed by the strict reader."""
    layout = plan_layout(METADATA, [("a", (8,), F32)])

    with pytest.raises(ModelFileError, match="not a GGUF file"), writing(tmp_path / "m.gguf", layout) as descriptor:
        os.pwrite(descriptor, b"PK", 0)

    assert not list(tmp_path.iterdir())
