"""The GGUF header: what is laid out reads back."""

from pathlib import Path

from assistant.models.ggml_types import GGML_TYPE_BY_NAME
from assistant.models.gguf import read_gguf
from convert.gguf_writer import plan_layout

F32 = GGML_TYPE_BY_NAME["F32"]
METADATA = {"name": "é", "flag": True, "number": 7, "share": 0.25, "list": (1, -2), "texts": ("a", "")}


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    """Every kind of value, and tensors of odd sizes, come back as they were."""
    layout = plan_layout(METADATA, [("a", (3, 5), F32), ("b", (7,), F32)])

    (tmp_path / "m.gguf").write_bytes(layout.header.ljust(layout.num_bytes, b"\0"))

    gguf = read_gguf(tmp_path / "m.gguf")
    assert gguf.metadata == METADATA
    assert gguf.tensors == layout.tensors
    assert gguf.data_offset == len(layout.header)
