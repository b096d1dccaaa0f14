"""What crosses the memory bus for a token."""

from pathlib import Path

from assistant.bench.bandwidth import weight_bytes_per_token
from assistant.models.ggml_types import GGML_TYPE_BY_NAME
from convert.gguf_writer import plan_layout


def write_model(path: Path, *names: str) -> Path:
    """Write a header of matrices of 8 x 32 F32 numbers, 1 KB each, and as many zeros."""
    layout = plan_layout(
        {"general.architecture": "starcoder"}, [(name, (8, 32), GGML_TYPE_BY_NAME["F32"]) for name in names]
    )
    path.write_bytes(layout.header.ljust(layout.num_bytes, b"\0"))
    return path


def test_a_tied_embedding_is_read_whole(tmp_path: Path) -> None:
    """It is the output projection; of positions one row is read."""
    model = write_model(tmp_path / "m", "token_embd.weight", "position_embd.weight", "blk.0.ffn_up.weight")

    assert weight_bytes_per_token(model) == 2048


def test_an_embedding_of_its_own_is_not(tmp_path: Path) -> None:
    """Then the output projection is."""
    assert weight_bytes_per_token(write_model(tmp_path / "m", "token_embd.weight", "output.weight")) == 1024
