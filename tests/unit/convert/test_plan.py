"""What a plan promises: the size to the byte, the mix of types, and nothing written."""

import json
from pathlib import Path

from click.testing import CliRunner

from convert.commands import convert
from convert.conversion import convert_checkpoint
from convert.estimate import estimate
from convert.families.gpt_bigcode import FAMILY
from convert.file_types import FILE_TYPE_IDS
from convert.gguf_writer import plan_layout
from convert.type_rules import tensor_types

STARCODER_15B = {
    "activation_function": "gelu_pytorch_tanh",
    "n_embd": 6144,
    "n_head": 48,
    "n_inner": 24576,
    "n_layer": 40,
    "n_positions": 8192,
    "vocab_size": 49152,
    "layer_norm_epsilon": 1e-5,
}
STARCODER_15B_BYTES = {
    "Q8_0": 16_643_181_312,
    "Q6_K": 12_897_897_216,
    "Q5_K_M": 11_389_668_096,
    "Q4_K_M": 9_970_158_336,
    "Q4_K_S": 9_102_871_296,
    "Q4_1": 9_936_489_216,
    "Q4_0": 8_988_838_656,
    "IQ4_NL": 9_279_818_496,
    "IQ4_XS": 8_878_738_176,
}
"""Of the tensors and their headers, tied, positions in F32; the 1.7 MB of the vocabulary come on top."""


def test_the_sizes_of_starcoder_are_those_llama_cpp_gives() -> None:
    """For every type, llama.cpp's own rules give StarCoder-15B the size that its own quantizer gives it."""
    metadata = {f"starcoder.{key}": value for key, value in FAMILY.metadata(STARCODER_15B).items()}
    metadata["general.architecture"] = "starcoder"
    tensors = [(each.target, each.stacked_shape) for each in FAMILY.tensors(STARCODER_15B)]

    found = {}
    for file_type in STARCODER_15B_BYTES:
        types = tensor_types(metadata, tensors, file_type)
        found[file_type] = plan_layout(metadata, [(name, shape, types[name]) for name, shape in tensors]).num_bytes

    assert found == STARCODER_15B_BYTES


def test_a_plan_says_the_size_to_the_byte(checkpoint: Path, tmp_path: Path) -> None:
    """The file that is made then has the planned size and mix, for every type."""
    for file_type in FILE_TYPE_IDS:
        planned = estimate(checkpoint, file_type)
        made = convert_checkpoint(checkpoint, tmp_path / "m.gguf", file_type)

        assert planned.num_bytes == made.num_bytes == (tmp_path / "m.gguf").stat().st_size
        assert planned.tensors_per_type == made.tensors_per_type
        assert sum(role.num_parameters for role in planned.roles) == planned.num_parameters == made.num_parameters


def test_the_command_prints_a_table_and_writes_nothing(checkpoint: Path) -> None:
    """People get the tensors by role and a summary; the folder stays as it was."""
    before = sorted(checkpoint.parent.rglob("*"))

    found = CliRunner().invoke(convert, ["plan", str(checkpoint), "--type", "Q4_K_M"])

    assert found.exit_code == 0
    assert "blk.*.ffn_down.weight" in found.stdout
    assert "as Q4_K_M" in found.stdout
    assert sorted(checkpoint.parent.rglob("*")) == before


def test_the_command_prints_json(checkpoint: Path) -> None:
    """Machines get the same numbers."""
    found = CliRunner().invoke(convert, ["plan", str(checkpoint), "--type", "Q8_0", "--json"])

    assert json.loads(found.stdout)["num_bytes"] == estimate(checkpoint, "Q8_0").num_bytes
