"""Each family writes the settings llama.cpp loads, and refuses those it would compute in another way."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.errors import ModelFileError
from assistant.models.gguf import read_gguf
from convert.conversion import convert_checkpoint
from convert.families import FAMILIES, family_of
from convert.families.family import interleave_halves
from tests.tiny_families import TINY, random_weights, tiny_config

LLAMA, QWEN2, QWEN3, MOE = (f"{name}ForCausalLM" for name in ("Llama", "Qwen2", "Qwen3", "Qwen3Moe"))
STARCODER2 = "Starcoder2ForCausalLM"
ROTARY = (STARCODER2, LLAMA, QWEN2, QWEN3, MOE)
LLAMA_3 = TINY[LLAMA]["rope_parameters"]
YARN = {"rope_type": "yarn", "rope_theta": 1e6, "factor": 4.0, "original_max_position_embeddings": 16}


def metadata(architecture: str, **changes: Any) -> dict[str, Any]:
    """Return what a family writes for its small config with settings replaced."""
    return FAMILIES[architecture].metadata(tiny_config(architecture, **changes))


def refusal(architecture: str, **changes: Any) -> ModelFileError:
    """Do all that a family does with its small config, with settings replaced, and return its refusal."""
    family, config = FAMILIES[architecture], tiny_config(architecture, **changes)
    with pytest.raises(ModelFileError) as caught:
        _ = family.metadata(config), family.tensors(config), family.constants(config)
    return caught.value


def test_every_family_has_a_small_config() -> None:
    """What is registered is tested: here, byte for byte, and against transformers."""
    assert TINY.keys() == FAMILIES.keys()


@pytest.mark.parametrize("architecture", ROTARY)
def test_the_shape_of_a_decoder_is_written(architecture: str) -> None:
    """Lengths, counts of layers and heads, and the size of a head."""
    found = metadata(architecture)

    head = TINY[architecture].get("head_dim", 64)
    assert found["context_length"] == 64
    assert found["embedding_length"] == found["feed_forward_length"] == 256
    assert (found["block_count"], found["attention.head_count"], found["attention.head_count_kv"]) == (8, 4, 1)
    assert found["attention.key_length"] == found["attention.value_length"] == head


@pytest.mark.parametrize(
    ("architecture", "expected"),
    [
        (STARCODER2, {"attention.layer_norm_epsilon": 1e-5, "rope.freq_base": 1e5}),
        (LLAMA, {"vocab_size": 288, "rope.dimension_count": 32, "rope.freq_base": 5e5}),
        (QWEN2, {"attention.layer_norm_rms_epsilon": 1e-6, "rope.freq_base": 1e6}),
        (QWEN3, {"attention.layer_norm_rms_epsilon": 1e-6, "rope.freq_base": 1e6}),
        (MOE, {"expert_count": 8, "expert_used_count": 2, "expert_feed_forward_length": 32}),
    ],
)
def test_a_family_writes_settings_of_its_own(architecture: str, expected: dict[str, Any]) -> None:
    """The keys that only this family has, or has under another name."""
    assert expected.items() <= metadata(architecture).items()


@pytest.mark.parametrize("settings", [{"rope_parameters": {"rope_theta": 1e6}}, {"rope_theta": 1e6}])
def test_the_base_is_found_where_either_transformers_puts_it(settings: dict[str, Any]) -> None:
    """Version 5 nests it, version 4 does not; 10,000 where neither says."""
    without = {"rope_theta": None}

    assert metadata(QWEN3, **without | settings)["rope.freq_base"] == 1e6
    assert metadata(QWEN3, **without)["rope.freq_base"] == 1e4


@pytest.mark.parametrize(
    "settings",
    [
        {"rope_parameters": None, "rope_theta": 1e5, "rope_scaling": {"type": "linear", "factor": 4}},
        {"rope_parameters": {"rope_type": "linear", "type": "linear", "factor": 4.0, "rope_theta": 1e5}},
    ],
)
def test_linear_scaling_is_a_factor(settings: dict[str, Any]) -> None:
    """DeepSeek-Coder's, in the old form and the new."""
    found = metadata(LLAMA, **settings)

    assert (found["rope.scaling.type"], found["rope.scaling.factor"], found["rope.freq_base"]) == ("linear", 4.0, 1e5)


def test_yarn_needs_the_length_it_was_stretched_from() -> None:
    """Qwen2.5's scaling: the factor, and the original context; the model's own where it is not given."""
    assert metadata(QWEN2)["rope.scaling.type"] == "yarn"
    assert metadata(QWEN2)["rope.scaling.original_context_length"] == 16
    stated = {"rope_type": "yarn", "factor": 4.0}
    assert metadata(QWEN2, rope_scaling=stated)["rope.scaling.original_context_length"] == 64


def test_llama_3_scaling_becomes_a_tensor() -> None:
    """Short waves keep their frequency, long ones are divided by the factor, those between by something between."""
    divisors = family_of(tiny_config(LLAMA)).constants(tiny_config(LLAMA))["rope_freqs.weight"]

    assert "rope.scaling.type" not in metadata(LLAMA)
    assert (divisors.shape, divisors.dtype) == ((16,), np.float32)
    assert (divisors[0], divisors[-1]) == (1.0, 8.0)
    assert (np.diff(divisors) >= 0).all()
    assert ((divisors > 1) & (divisors < 8)).any()


def test_other_scalings_have_no_tensor() -> None:
    """Where the positions are not Llama 3.1's, nothing is added."""
    config = tiny_config(LLAMA, rope_parameters=None)

    assert not family_of(config).constants(config)


@pytest.mark.parametrize(("attention", "mlp"), [(True, True), (True, False), (False, None), (None, True)])
def test_llamas_biases_are_optional(attention: bool | None, mlp: bool | None) -> None:
    """They are asked for exactly where config.json announces them."""
    config = tiny_config(LLAMA, attention_bias=attention, mlp_bias=mlp)

    targets = [each.target for each in family_of(config).tensors(config) if each.target.startswith("blk.0.")]

    biases = sorted(target.removeprefix("blk.0.") for target in targets if target.endswith(".bias"))
    expected = ["attn_k", "attn_output", "attn_q", "attn_v"] * bool(attention)
    expected += ["ffn_down", "ffn_gate", "ffn_up"] * bool(mlp)
    assert biases == [f"{name}.bias" for name in expected]


def test_only_llamas_query_and_key_are_interleaved() -> None:
    """The other families turn halves of a head in llama.cpp, too."""
    interleaved = {
        (architecture, each.target.rpartition("blk.0.")[2])
        for architecture in TINY
        for each in FAMILIES[architecture].tensors(tiny_config(architecture))
        if each.head_rows and each.target.startswith("blk.0.")
    }

    parts = ("attn_q.weight", "attn_q.bias", "attn_k.weight", "attn_k.bias")
    assert interleaved == {(LLAMA, part) for part in parts}


def test_interleaving_brings_the_partners_together() -> None:
    """Row n of a head's first half is followed by row n of its second half; the next head starts after that."""
    rows = np.arange(16, dtype=np.float32).reshape(16, 1)

    assert interleave_halves(rows, 8)[:, 0].tolist() == [0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15]


@pytest.mark.parametrize("key", ["num_experts", "num_local_experts"])
def test_experts_are_stacked(save_checkpoint: Callable[..., Path], tmp_path: Path, key: str) -> None:
    """Expert after expert in one tensor; the router stays F32; both spellings of their number are read."""
    config = tiny_config(MOE, num_hidden_layers=1) | {"num_experts": None, key: 8}
    weights = random_weights(config, tied=False)
    save_checkpoint(tmp_path / "tiny", config, weights)

    convert_checkpoint(tmp_path / "tiny", tmp_path / "m.gguf", "F16")

    gguf = read_gguf(tmp_path / "m.gguf")
    found = {each.name: each for each in gguf.tensors}
    router, stacked = found["blk.0.ffn_gate_inp.weight"], found["blk.0.ffn_up_exps.weight"]
    assert (router.type.name, router.shape) == ("F32", (8, 256))
    assert (stacked.type.name, stacked.shape) == ("F16", (8, 32, 256))
    data = (tmp_path / "m.gguf").read_bytes()[gguf.data_offset + stacked.offset :][: stacked.num_bytes]
    expected = [weights[f"model.layers.0.mlp.experts.{expert}.up_proj.weight"] for expert in range(8)]
    assert data == np.stack(expected).astype(np.float16).tobytes()


def test_the_rotary_buffers_of_old_llamas_are_skipped(save_checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    """`inv_freq`, which old checkpoints carry, is computed, not learned."""
    config = tiny_config(LLAMA, num_hidden_layers=1)
    buffer = {"model.layers.0.self_attn.rotary_emb.inv_freq": np.ones(16, np.float32)}
    save_checkpoint(tmp_path / "tiny", config, random_weights(config, tied=False) | buffer)

    result = convert_checkpoint(tmp_path / "tiny", tmp_path / "m.gguf", "F16")

    assert result.num_tensors == 4 + 16


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    *((architecture, {"hidden_act": "relu"}, "hidden_act") for architecture in ROTARY),
    *((architecture, {"num_attention_heads": 4097}, "num_attention_heads") for architecture in ROTARY),
    *((architecture, {"num_key_value_heads": 3}, "multiple") for architecture in ROTARY),
    *((architecture, {"num_hidden_layers": 513}, "num_hidden_layers") for architecture in ROTARY),
    *((architecture, {"partial_rotary_factor": 0.5}, "partial_rotary_factor") for architecture in ROTARY),
    *((each, {"head_dim": 33}, "head") for each in (LLAMA, QWEN3, MOE)),
    *((each, {"head_dim": 1 << 20}, "head") for each in (LLAMA, QWEN3, MOE)),
    *((each, {"head_dim": 32}, "head_dim") for each in (STARCODER2, QWEN2)),
    *((each, {"use_sliding_window": True}, "use_sliding_window") for each in (QWEN2, QWEN3, MOE)),
    *((each, {"layer_types": ["sliding_attention"]}, "layer_types") for each in (QWEN2, QWEN3, MOE)),
    *((each, {"attention_bias": True}, "attention_bias") for each in (QWEN3, MOE)),
    *((each, {"rope_parameters": LLAMA_3, "rope_scaling": None}, "llama3") for each in ROTARY if each != LLAMA),
    (STARCODER2, {"use_bias": False}, "use_bias"),
    (LLAMA, {"attention_bias": "yes"}, "attention_bias"),
    (LLAMA, {"mlp_bias": 1}, "mlp_bias"),
    (LLAMA, {"hidden_size": 254, "head_dim": None}, "hidden_size"),
    (LLAMA, {"rms_norm_eps": 0}, "rms_norm_eps"),
    (MOE, {"norm_topk_prob": False}, "norm_topk_prob"),
    (MOE, {"norm_topk_prob": None}, "norm_topk_prob"),
    (MOE, {"mlp_only_layers": [0]}, "mlp_only_layers"),
    (MOE, {"decoder_sparse_step": 2}, "decoder_sparse_step"),
    (MOE, {"num_experts": 1025}, "num_experts"),
    (MOE, {"num_experts_per_tok": 9}, "num_experts_per_tok"),
    (MOE, {"num_experts": 1024, "num_hidden_layers": 512}, "experts"),
]


@pytest.mark.parametrize(("architecture", "changes", "reason"), REFUSED)
def test_what_llama_cpp_cannot_compute_is_refused(architecture: str, changes: dict[str, Any], reason: str) -> None:
    """The setting is named, and a hint goes with it."""
    error = refusal(architecture, **changes)

    assert reason in str(error)
    assert error.hint


@pytest.mark.parametrize(
    ("rope", "reason"),
    [
        ({"rope_parameters": {"rope_type": "dynamic", "factor": 2.0}}, "dynamic"),
        ({"rope_parameters": {"rope_type": ["linear"]}}, "rope_type"),
        ({"rope_parameters": "linear"}, "malformed"),
        ({"rope_parameters": {"full_attention": {"rope_theta": 1e6}}}, "full_attention"),
        ({"rope_parameters": {"rope_type": "linear"}}, "factor"),
        ({"rope_parameters": {"rope_type": "linear", "factor": -1.0}}, "factor"),
        ({"rope_parameters": {"rope_theta": 0}}, "rope_theta"),
        ({"rope_parameters": {"rope_theta": 1e400}}, "rope_theta"),
        ({"rope_parameters": LLAMA_3, "rope_scaling": YARN}, "contradict"),
        ({"rope_parameters": LLAMA_3 | {"high_freq_factor": 1.0}}, "high_freq_factor"),
        ({"rope_parameters": LLAMA_3 | {"low_freq_factor": None}}, "low_freq_factor"),
        ({"rope_parameters": YARN | {"beta_fast": 16}}, "beta_fast"),
        ({"rope_parameters": YARN | {"beta_slow": 2}}, "beta_slow"),
        ({"rope_parameters": YARN | {"truncate": False}}, "truncate"),
        ({"rope_parameters": YARN | {"attention_factor": 1.5}}, "attention_factor"),
        ({"rope_parameters": YARN | {"mscale": 0.7}}, "mscale"),
    ],
)
def test_positions_that_llama_cpp_turns_otherwise_are_refused(rope: dict[str, Any], reason: str) -> None:
    """Kinds of scaling it does not know, settings it has fixed, and settings that contradict each other."""
    error = refusal(LLAMA, **rope)

    assert reason in str(error)
    assert error.hint


def test_yarns_own_sharpness_may_be_repeated() -> None:
    """The default of `attention_factor`, written out, changes nothing."""
    repeated = YARN | {"attention_factor": 0.1 * np.log(4) + 1, "beta_fast": 32.0, "beta_slow": 1.0, "truncate": True}

    assert metadata(LLAMA, rope_parameters=repeated) == metadata(LLAMA, rope_parameters=YARN)
