"""The converter's files are, byte for byte, what llama.cpp's own quantizer makes of the F32 file."""

import ctypes
from collections.abc import Callable
from pathlib import Path

import llama_cpp
import numpy as np
import pytest

from convert.conversion import convert_checkpoint
from convert.file_types import FILE_TYPE_IDS

SHAPES = {
    "rows of whole 256-blocks": {},
    "rows no multiple of 256": {"n_embd": 160, "n_inner": 96, "n_head": 5},
}


def quantize_with_llama_cpp(source: Path, target: Path, file_type: str) -> None:
    """Run `llama_model_quantize`, the oracle."""
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = FILE_TYPE_IDS[file_type]
    params.nthread = 1
    assert llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(params)) == 0


@pytest.mark.parametrize("file_type", [name for name in FILE_TYPE_IDS if name != "F32"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("tied", [True, False])
def test_a_file_equals_llama_cpps_own(
    make_checkpoint: Callable[..., Path], tmp_path: Path, file_type: str, shape: str, tied: bool
) -> None:
    """For every type, shape and kind of output, header, tensor types, order and data are the quantizer's."""
    config = SHAPES[shape]
    rows = np.random.default_rng(3).normal(0, 0.05, (288, config.get("n_embd", 256))).astype(np.float32)
    folder = make_checkpoint(config=config, tensors={} if tied else {"lm_head.weight": rows})
    convert_checkpoint(folder, tmp_path / "f32.gguf", "F32")
    quantize_with_llama_cpp(tmp_path / "f32.gguf", tmp_path / "theirs.gguf", file_type)

    convert_checkpoint(folder, tmp_path / "ours.gguf", file_type)

    assert (tmp_path / "ours.gguf").read_bytes() == (tmp_path / "theirs.gguf").read_bytes()
