"""The converter's files are, byte for byte, what llama.cpp's quantizer makes of the F32 file: every type and family.

Each family is converted in two forms that between them hold both kinds of source, of output, and of row length.
"""

import ctypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
import pytest

from convert.conversion import convert_checkpoint
from convert.families import FAMILIES
from convert.file_types import FILE_TYPE_IDS
from tests.tiny_families import TINY, random_weights, tiny_config

TYPES = [name for name in FILE_TYPE_IDS if name != "F32"]
INT4 = [name for name in TYPES if "4" in name]
FORMS = ("tied, from BF16, rows of whole 256-blocks", "untied, from F32, other rows")
ODD = {"hidden_size": 96, "intermediate_size": 160, "num_hidden_layers": 3, "num_attention_heads": 6}
ODD_BY_FAMILY = {
    "GPTBigCodeForCausalLM": {"n_embd": 160, "n_inner": 96, "n_head": 5, "n_layer": 3},
    "Qwen3MoeForCausalLM": ODD | {"moe_intermediate_size": 256, "num_experts": 5},
}


@dataclass(frozen=True)
class Source:
    """A checkpoint, its F32 file, and a weight for every column of its matrices."""

    folder: Path
    f32: Path
    importance: Mapping[str, np.ndarray]


def quantize_with_llama_cpp(
    source: Path, target: Path, file_type: str, importance: Mapping[str, np.ndarray] | None = None
) -> None:
    """Run `llama_model_quantize`, the oracle."""
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = FILE_TYPE_IDS[file_type]
    params.nthread = 2
    if importance:
        Entry, Floats = llama_cpp.llama_model_imatrix_data, ctypes.POINTER(ctypes.c_float)
        entries = [Entry(name.encode(), x.ctypes.data_as(Floats), x.size) for name, x in importance.items()]
        params.imatrix = (Entry * (len(entries) + 1))(*entries)
    assert llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(params)) == 0


def as_bfloat16(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Cut float32 down to the upper 16 bits."""
    return {name: (array.view(np.uint32) >> 16).astype(np.uint16) for name, array in weights.items()}


def random_importance(config: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return weights for all matrices, experts one after the other."""
    rng = np.random.default_rng(9)
    maps = FAMILIES[config["architectures"][0]].tensors(config)
    columns = {each.target: len(each.sources) * each.shape[-1] for each in maps if len(each.shape) == 2}
    return {name: rng.random(size, dtype=np.float32) for name, size in columns.items()}


@pytest.fixture(scope="module")
def source(save_checkpoint: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Source]:
    """Return a function that makes each form of each family once."""
    made: dict[tuple[str, str], Source] = {}

    def make(architecture: str, form: str) -> Source:
        if (architecture, form) not in made:
            tied = form == FORMS[0]
            config = tiny_config(architecture, **({} if tied else ODD_BY_FAMILY.get(architecture, ODD)))
            config["tie_word_embeddings"] = tied
            weights = random_weights(config, tied=tied)
            room = tmp_path_factory.mktemp("source")
            folder = save_checkpoint(room / "tiny", config, as_bfloat16(weights) if tied else weights)
            convert_checkpoint(folder, room / "f32.gguf", "F32")
            made[architecture, form] = Source(folder, room / "f32.gguf", random_importance(config))
        return made[architecture, form]

    return make


@pytest.mark.parametrize("file_type", TYPES)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("architecture", TINY)
def test_a_file_equals_llama_cpps_own(
    source: Callable[..., Source], tmp_path: Path, architecture: str, form: str, file_type: str
) -> None:
    """For every family, form and type, header, tensor types, order and data are the quantizer's."""
    checkpoint = source(architecture, form)
    quantize_with_llama_cpp(checkpoint.f32, tmp_path / "theirs.gguf", file_type)

    convert_checkpoint(checkpoint.folder, tmp_path / "ours.gguf", file_type)

    assert (tmp_path / "ours.gguf").read_bytes() == (tmp_path / "theirs.gguf").read_bytes()


@pytest.mark.parametrize("file_type", INT4)
@pytest.mark.parametrize("architecture", TINY)
def test_a_weighted_file_equals_llama_cpps_own(
    source: Callable[..., Source], tmp_path: Path, architecture: str, file_type: str
) -> None:
    """With an importance matrix, too, which changes the rules as well as the rounding."""
    checkpoint = source(architecture, FORMS[0])
    quantize_with_llama_cpp(checkpoint.f32, tmp_path / "theirs.gguf", file_type, checkpoint.importance)

    convert_checkpoint(checkpoint.folder, tmp_path / "ours.gguf", file_type, importance=checkpoint.importance)

    assert (tmp_path / "ours.gguf").read_bytes() == (tmp_path / "theirs.gguf").read_bytes()
