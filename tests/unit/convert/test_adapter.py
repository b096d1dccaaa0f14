"""A PEFT LoRA folder becomes a GGUF adapter or is merged while converting; what is more than LoRA is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from assistant.errors import ModelFileError
from assistant.models.gguf import read_gguf
from convert.adapter_commands import adapter as adapter_command
from convert.conversion import convert_checkpoint
from convert.lora.adapter import is_adapter, open_adapter
from convert.lora.adapter_file import convert_adapter

FIRST = "base_model.model.transformer.h.0.mlp.c_fc"
ZEROS = np.zeros((4, 256), np.float32)


def numbers(path: Path, name: str) -> np.ndarray:
    """Read a float32 tensor of a GGUF file."""
    gguf = read_gguf(path)
    tensor = next(each for each in gguf.tensors if each.name == name)
    data = path.read_bytes()[gguf.data_offset + tensor.offset :][: tensor.num_bytes]
    return np.frombuffer(data, np.float32).reshape(tensor.shape)


def refusal(adapter: Path, base: Path) -> ModelFileError:
    """Convert an adapter that must be refused, and merge it; return the error, after a look at what was left behind."""
    errors = []
    target = base.parent / "out" / "m.gguf"
    target.parent.mkdir()
    with pytest.raises(ModelFileError) as caught:
        convert_adapter(adapter, target, base=base)
    errors.append(caught.value)
    with pytest.raises(ModelFileError) as caught:
        convert_checkpoint(base, target, "Q8_0", adapter=open_adapter(adapter))
    errors.append(caught.value)
    for error in errors:
        assert error.hint
        assert "\n" not in f"{error}{error.hint}"
    assert not list(target.parent.iterdir())
    return errors[0]


def test_a_gguf_adapter_is_what_llama_cpp_loads(checkpoint: Path, adapter: Path, tmp_path: Path) -> None:
    """Kind, alpha and pairs stand where llama.cpp looks for them; licence and digest of the source come along."""
    (adapter / "README.md").write_text("---\nlibrary_name: peft\nlicense: mit\n---\n")

    result = convert_adapter(adapter, tmp_path / "a.gguf", base=checkpoint)

    found = read_gguf(tmp_path / "a.gguf")
    assert [(each.name, each.shape) for each in found.tensors] == [
        ("blk.0.ffn_up.weight.lora_a", (4, 256)),
        ("blk.0.ffn_up.weight.lora_b", (512, 4)),
        ("blk.1.ffn_up.weight.lora_a", (4, 256)),
        ("blk.1.ffn_up.weight.lora_b", (512, 4)),
    ]
    assert [found.metadata[f"general.{key}"] for key in ("type", "architecture", "license")] == [
        "adapter", "starcoder", "mit",
    ]  # fmt: skip
    assert (found.metadata["adapter.type"], found.metadata["adapter.lora.alpha"]) == ("lora", 8.0)
    assert found.metadata["cairn.source.sha256"] == result.source_sha256
    assert (result.num_tensors, result.num_parameters) == (4, 2 * 4 * (256 + 512))


def test_a_plain_pair_is_stored_as_it_is(checkpoint: Path, make_adapter: Callable[..., Path], tmp_path: Path) -> None:
    """Where the scale is alpha / rank, no number changes."""
    b = np.random.default_rng(1).normal(0, 1, (512, 4)).astype(np.float32)

    convert_adapter(make_adapter(tensors={f"{FIRST}.lora_B.weight": b}), tmp_path / "a.gguf", base=checkpoint)

    assert (numbers(tmp_path / "a.gguf", "blk.0.ffn_up.weight.lora_b") == b).all()


@pytest.mark.parametrize(
    ("config", "factor"),
    [
        ({"use_rslora": True}, 2.0),
        ({"alpha_pattern": {"0.mlp.c_fc": 24}}, 3.0),
        ({"alpha_pattern": {"^transformer.h.0.mlp.c_fc": 24}}, 3.0),
        ({"alpha_pattern": {"mlp.c_fc": 16, "c_fc": 24}}, 2.0),
        ({"alpha_pattern": {"^c_fc": 24, "mlp": 24, "_fc": 24}}, 1.0),
    ],
)
def test_another_scale_is_folded_into_b(
    checkpoint: Path, make_adapter: Callable[..., Path], tmp_path: Path, config: dict, factor: float
) -> None:
    """A pattern is the end of a module's name, "^" its start; the first that fits counts. rsLoRA: times sqrt(4)."""
    b = np.random.default_rng(1).normal(0, 1, (512, 4)).astype(np.float32)
    folder = make_adapter(config, {f"{FIRST}.lora_B.weight": b})

    convert_adapter(folder, tmp_path / "a.gguf", base=checkpoint)

    assert (numbers(tmp_path / "a.gguf", "blk.0.ffn_up.weight.lora_b") == factor * b).all()
    assert read_gguf(tmp_path / "a.gguf").metadata["adapter.lora.alpha"] == 8.0


def test_the_base_may_be_named_by_the_adapter(
    checkpoint: Path, make_adapter: Callable[..., Path], tmp_path: Path
) -> None:
    """Without a base given, the folder in adapter_config.json is taken."""
    folder = make_adapter({"base_model_name_or_path": str(checkpoint)})

    assert convert_adapter(folder, tmp_path / "a.gguf").num_tensors == 4


@pytest.mark.parametrize("named", [None, "", 7, "bigcode/starcoder", "../tiny", "\0"])
def test_a_base_that_is_not_here_is_asked_for(make_adapter: Callable[..., Path], tmp_path: Path, named: object) -> None:
    """A hub id, a path that climbs, or nothing: the hint names the option."""
    folder = make_adapter({"base_model_name_or_path": named})

    with pytest.raises(ModelFileError) as caught:
        convert_adapter(folder, tmp_path / "a.gguf")

    assert "--base" in caught.value.hint


def test_merging_adds_the_scaled_product(checkpoint: Path, adapter: Path, tmp_path: Path) -> None:
    """Rows become base + alpha / rank * B @ A; other tensors stay, and the file says what was merged."""
    convert_checkpoint(checkpoint, tmp_path / "base.gguf", "F32")

    convert_checkpoint(checkpoint, tmp_path / "m.gguf", "F32", adapter=open_adapter(adapter))

    change = open_adapter(adapter).changes["transformer.h.0.mlp.c_fc.weight"]
    product = 2 * change.b.rows(0, 512) @ change.a.rows(0, 4)
    base, merged = (numbers(tmp_path / f"{name}.gguf", "blk.0.ffn_up.weight") for name in ("base", "m"))
    np.testing.assert_allclose(merged, base + product, atol=1e-6)
    same = [numbers(tmp_path / f"{name}.gguf", "blk.2.ffn_up.weight") for name in ("base", "m")]
    assert (same[0] == same[1]).all()
    assert read_gguf(tmp_path / "m.gguf").metadata["cairn.adapter.sha256"] == open_adapter(adapter).sha256()


def test_an_interrupted_merge_goes_on_only_with_the_same_adapter(
    checkpoint: Path, adapter: Path, tmp_path: Path
) -> None:
    """After Ctrl-C the same command ends in the same bytes; without the adapter nothing of it is left."""
    convert_checkpoint(checkpoint, tmp_path / "plain.gguf", "Q8_0", name="tiny")
    convert_checkpoint(checkpoint, tmp_path / "merged.gguf", "Q8_0", name="tiny", adapter=open_adapter(adapter))

    for expected, resumed in (("merged.gguf", open_adapter(adapter)), ("plain.gguf", None)):
        interrupt(checkpoint, adapter, tmp_path / "m.gguf")
        convert_checkpoint(checkpoint, tmp_path / "m.gguf", "Q8_0", name="tiny", adapter=resumed)

        assert (tmp_path / "m.gguf").read_bytes() == (tmp_path / expected).read_bytes()


def interrupt(checkpoint: Path, adapter: Path, target: Path) -> None:
    """Merge up to the last report, then press Ctrl-C."""

    def stop(done_bytes: int, total_bytes: int) -> None:
        if done_bytes == total_bytes:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert_checkpoint(checkpoint, target, "Q8_0", name="tiny", adapter=open_adapter(adapter), progress=stop)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"peft_type": "IA3"}, "peft_type"),
        ({"peft_type": None}, "peft_type"),
        ({"use_dora": True}, "DoRA"),
        ({"bias": "all"}, "bias"),
        ({"lora_bias": True}, "biases"),
        ({"fan_in_fan_out": True}, "transposed"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"trainable_token_indices": [1]}, "trainable_token_indices"),
        ({"alora_invocation_tokens": [1]}, "alora_invocation_tokens"),
        ({"init_lora_weights": "pissa"}, "pissa"),
        ({"init_lora_weights": ["pissa"]}, "pissa"),
        ({"r": 0}, "rank"),
        ({"r": True}, "rank"),
        ({"r": 10**9}, "rank"),
        ({"r": 8}, "rank 8"),
        ({"rank_pattern": {"c_fc": 2}}, "rank 2"),
        ({"rank_pattern": ["c_fc"]}, "rank_pattern"),
        ({"alpha_pattern": {"(a+)+c_fc": 2}}, "expression"),
        ({"alpha_pattern": {"c_fc": -1}}, "alpha"),
        ({"lora_alpha": 0}, "lora_alpha"),
        ({"lora_alpha": 1e-310}, "lora_alpha"),
        ({"lora_alpha": None}, "lora_alpha"),
        ({"lora_alpha": float("nan")}, "NaN"),
        ({"lora_alpha": 10**400}, "lora_alpha"),
    ],
)
def test_settings_that_mean_more_than_lora_are_refused(
    checkpoint: Path, make_adapter: Callable[..., Path], config: dict, reason: str
) -> None:
    """Whatever is not W + scale * B @ A, or is out of range, is refused by the name of the setting."""
    assert reason in str(refusal(make_adapter(config), checkpoint))


@pytest.mark.parametrize(
    ("tensors", "reason"),
    [
        ({f"{FIRST}.lora_magnitude_vector": np.ones(512, np.float32)}, "lora_magnitude_vector"),
        ({f"{FIRST}.lora_B.bias": np.ones(512, np.float32)}, "no half"),
        ({"base_model.model.lm_head.weight": np.ones((288, 256), np.float32)}, "no half"),
        ({"base_model.model.transformer.wte.base_layer.weight": np.ones((288, 256), np.float32)}, "no half"),
        ({f"{FIRST}.lora_B.weight": None}, "half a pair"),
        ({f"{FIRST}.lora_embedding_A": ZEROS}, "half a pair"),
        ({f"{FIRST}.lora_A.weight": np.zeros((4, 255), np.float32)}, "shape"),
        ({f"{FIRST}.lora_A.weight": np.zeros((2, 256), np.float32)}, "rank"),
        ({f"{FIRST}.lora_A.weight": np.zeros((4, 256, 1), np.float32)}, "rank"),
        ({f"{FIRST}.lora_A.weight": np.zeros((4, 256), np.int64)}, "I64"),
        ({f"{FIRST}.lora_A.weight": np.full((4, 256), np.nan, np.float32)}, "not finite"),
        ({f"{FIRST}.lora_B.weight": np.full((512, 4), np.inf, np.float32)}, "not finite"),
    ],
)
def test_tensors_that_are_no_pairs_are_refused(
    checkpoint: Path, make_adapter: Callable[..., Path], tensors: dict, reason: str
) -> None:
    """Halves, strangers, wrong shapes, and numbers that are none, are refused by their name."""
    assert reason in str(refusal(make_adapter(tensors=tensors), checkpoint))


@pytest.mark.parametrize("module", ["transformer.h.9.mlp.c_fc", "transformer.h.0.attn.q_proj", "lm_head.decoder"])
def test_a_module_that_the_base_lacks_is_named(
    checkpoint: Path, make_adapter: Callable[..., Path], module: str
) -> None:
    """An adapter of another model is told from the name of its module."""
    pair = {"lora_A": ZEROS, "lora_B": np.zeros((512, 4), np.float32)}
    tensors = {f"base_model.model.{module}.{half}.weight": data for half, data in pair.items()}

    assert module in str(refusal(make_adapter(tensors=tensors), checkpoint))


@pytest.mark.parametrize(
    "tensors",
    [
        {"transformer.wte.lora_embedding_A": (4, 288), "transformer.wte.lora_embedding_B": (256, 4)},
        {"lm_head.lora_A.weight": (4, 256), "lm_head.lora_B.weight": (288, 4)},
    ],
)
def test_half_of_a_tied_pair_cannot_change(
    checkpoint: Path, make_adapter: Callable[..., Path], tensors: dict[str, tuple[int, int]]
) -> None:
    """Embedding and output of a tied model are one matrix, and PEFT changes only one of them."""
    zeros = {f"base_model.model.{name}": np.zeros(shape, np.float32) for name, shape in tensors.items()}

    error = refusal(make_adapter(tensors=zeros), checkpoint)

    assert "in one" in str(error)
    assert "tie_word_embeddings" in error.hint


def test_position_embeddings_are_merged_but_not_laid_over(
    checkpoint: Path, make_adapter: Callable[..., Path], tmp_path: Path
) -> None:
    """llama.cpp would load such a pair and not use it, so the file is refused; a merged one is right."""
    pair = {"lora_embedding_A": np.ones((4, 64), np.float32), "lora_embedding_B": np.ones((256, 4), np.float32)}
    folder = make_adapter(tensors={f"base_model.model.transformer.wpe.{half}": data for half, data in pair.items()})
    convert_checkpoint(checkpoint, tmp_path / "base.gguf", "F32")

    with pytest.raises(ModelFileError) as caught:
        convert_adapter(folder, tmp_path / "a.gguf", base=checkpoint)
    convert_checkpoint(checkpoint, tmp_path / "m.gguf", "F32", adapter=open_adapter(folder))

    assert "--merge-adapter" in caught.value.hint
    base, merged = (numbers(tmp_path / f"{name}.gguf", "position_embd.weight") for name in ("base", "m"))
    np.testing.assert_allclose(merged, base + 8, atol=1e-5)


def test_a_pickle_is_never_opened(checkpoint: Path, adapter: Path) -> None:
    """An adapter that has only pickled weights is refused, with the way out."""
    (adapter / "adapter_model.safetensors").rename(adapter / "adapter_model.bin")

    error = refusal(adapter, checkpoint)

    assert "pickle" in str(error)
    assert "save_pretrained" in error.hint


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors"])
def test_a_missing_file_is_named(checkpoint: Path, adapter: Path, name: str) -> None:
    """Both files are asked for by name."""
    (adapter / name).unlink()

    assert f"has no {name}" in str(refusal(adapter, checkpoint))


def test_names_that_climb_are_refused(checkpoint: Path, make_adapter: Callable[..., Path]) -> None:
    """A tensor's name is no path."""
    tensors = {"base_model.model.../../x.lora_A.weight": ZEROS}

    assert "strange name" in str(refusal(make_adapter(tensors=tensors), checkpoint))


def test_a_repeated_key_is_refused(checkpoint: Path, adapter: Path) -> None:
    """adapter_config.json is read as strictly as config.json."""
    (adapter / "adapter_config.json").write_text('{"peft_type": "LORA", "r": 4, "r": 8}')

    assert "twice" in str(refusal(adapter, checkpoint))


def test_an_adapter_is_told_from_a_model(checkpoint: Path, adapter: Path) -> None:
    """Only a folder without weights of a whole model is an adapter."""
    assert is_adapter(adapter)
    assert not is_adapter(checkpoint)
    (adapter / "model.safetensors").write_bytes(b"")
    assert not is_adapter(adapter)


def test_the_command_reports_as_json(checkpoint: Path, adapter: Path, tmp_path: Path) -> None:
    """With --json the result is one JSON object."""
    words = [str(adapter), str(tmp_path / "a.gguf"), "--base", str(checkpoint), "--type", "F16", "--json"]

    result = CliRunner().invoke(adapter_command, words)

    report = json.loads(result.stdout)
    assert (report["num_tensors"], report["file_type"]) == (4, "F16")
    assert report["num_bytes"] == (tmp_path / "a.gguf").stat().st_size
