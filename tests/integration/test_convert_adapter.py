"""A LoRA adapter, merged while converting or laid over the model by llama.cpp, computes W + scale * B @ A.

The reference is transformers, with the same change made to the weights it loads. The adapters are written as PEFT 0.21
writes them.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from convert.conversion import convert_checkpoint
from convert.families import FAMILIES
from convert.lora.adapter import open_adapter
from convert.lora.adapter_file import convert_adapter
from tests.llama_logits import llama_logits, normalised_squared_error
from tests.tiny_families import random_weights, tiny_config
from tests.unit.convert.conftest import tokenizer_json

torch = pytest.importorskip("torch", reason="transformers computes the reference: install the extra [train]")
transformers = pytest.importorskip("transformers", reason="transformers computes the reference")
safetensors_numpy = pytest.importorskip("safetensors.numpy", reason="it writes the checkpoints")

NUM_TOKENS = 40
Weights = dict[str, np.ndarray]


@dataclass(frozen=True)
class Setting:
    """What adapter_config.json says, and the rank and scale that PEFT gives a module then."""

    config: dict
    rank: Callable[[str], int]
    scale: Callable[[str, int], float]


PLAIN = Setting({"r": 4, "lora_alpha": 6}, lambda module: 4, lambda module, rank: 6 / rank)
STABILISED = Setting(
    {"r": 6, "lora_alpha": 5, "use_rslora": True}, lambda module: 6, lambda module, rank: 5 / math.sqrt(rank)
)
PATTERNS = Setting(
    {"r": 4, "lora_alpha": 6, "rank_pattern": {"1.mlp.c_proj": 8, "mlp": 2}, "alpha_pattern": {"mlp.c_proj": 12}},
    lambda module: 8 if module.endswith(".1.mlp.c_proj") else 4,
    lambda module, rank: (12 if module.endswith("mlp.c_proj") else 6) / rank,
)


@dataclass(frozen=True)
class Tuned:
    """A base, an adapter for it, and what transformers computes with the adapter's change in the weights."""

    base: Path
    adapter: Path
    ids: np.ndarray
    """(L,) int32."""
    expected: np.ndarray
    """(L, V) float32, logits."""


def two_layers(architecture: str) -> dict:
    """Return a small config.json."""
    return tiny_config(architecture, n_layer=2, num_hidden_layers=2)


def matrices(config: dict) -> list[str]:
    """Name the matrices of a family's linear layers, the output left out."""
    family = FAMILIES[config["architectures"][0]]
    embeddings = (family.embedding, "transformer.wpe.weight")
    maps = [each for each in family.tensors(config) if len(each.shape) == 2]
    return [source for each in maps for source in each.sources if source not in embeddings]


def tune(folder: Path, config: dict, setting: Setting, names: list[str], *, tied: bool = True) -> Tuned:
    """Write a random model and a random adapter for some of its matrices; the change must show in the logits."""
    config = config | {"tie_word_embeddings": tied}
    drawn = random_weights(config, tied=tied)
    weights = {name: tensor + ("norm" in name or "ln_" in name) for name, tensor in drawn.items()}
    changed, adapter = dict(weights), {}
    rng = np.random.default_rng(9)
    for name in names:
        module, (rows, columns) = name.removesuffix(".weight"), weights[name].shape
        rank = setting.rank(module)
        a, b = (rng.normal(0, 0.1, shape).astype(np.float32) for shape in ((rank, columns), (rows, rank)))
        changed[name] = weights[name] + np.float32(setting.scale(module, rank)) * (b @ a)
        adapter |= stored_pair(f"base_model.model.{module}", a, b, weights[name])
    ids = np.random.default_rng(5).integers(0, config["vocab_size"], NUM_TOKENS).astype(np.int32)
    base = save(folder / "base", config, weights)
    expected = reference_logits(save(folder / "tuned", config, changed), ids)
    assert normalised_squared_error(reference_logits(base, ids), expected) > 0.01
    return Tuned(base, save_adapter(folder / "adapter", setting, adapter), ids, expected)


def stored_pair(prefix: str, a: np.ndarray, b: np.ndarray, frozen: np.ndarray) -> Weights:
    """Return a pair as PEFT stores it: of an embedding transposed, and with the frozen embedding itself."""
    if not prefix.endswith((".wte", ".embed_tokens")):
        return {f"{prefix}.lora_A.weight": a, f"{prefix}.lora_B.weight": b}
    pair = {f"{prefix}.lora_embedding_A": b.T.copy(), f"{prefix}.lora_embedding_B": a.T.copy()}
    return {**pair, f"{prefix}.base_layer.weight": frozen}


def save(folder: Path, config: dict, weights: Weights) -> Path:
    """Write a checkpoint with a tokenizer."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer_json()))
    safetensors_numpy.save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def save_adapter(folder: Path, setting: Setting, pairs: Weights) -> Path:
    """Write a PEFT folder."""
    folder.mkdir()
    config = {"peft_type": "LORA", "bias": "none", "fan_in_fan_out": False, "use_dora": False, **setting.config}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    safetensors_numpy.save_file(pairs, folder / "adapter_model.safetensors")
    return folder


def reference_logits(folder: Path, ids: np.ndarray) -> np.ndarray:
    """Compute the logits (L, V) with transformers, in float32."""
    (architecture,) = json.loads((folder / "config.json").read_text())["architectures"]
    model = getattr(transformers, architecture).from_pretrained(folder, dtype=torch.float32)
    with torch.no_grad():
        return model.eval()(torch.from_numpy(ids.astype(np.int64))[None]).logits[0].numpy()


def check_both_ways(tuned: Tuned, folder: Path) -> None:
    """Compare the merged model, and the base with the adapter laid over it, with the reference."""
    convert_checkpoint(tuned.base, folder / "merged.gguf", "F32", adapter=open_adapter(tuned.adapter))
    convert_checkpoint(tuned.base, folder / "base.gguf", "F32")
    convert_adapter(tuned.adapter, folder / "adapter.gguf", base=tuned.base)

    merged = llama_logits(folder / "merged.gguf", tuned.ids)
    laid_over = llama_logits(folder / "base.gguf", tuned.ids, folder / "adapter.gguf")

    print("NMSE merged", normalised_squared_error(merged, tuned.expected))
    print("NMSE laid over", normalised_squared_error(laid_over, tuned.expected))
    assert normalised_squared_error(merged, tuned.expected) < 1e-6
    assert normalised_squared_error(laid_over, tuned.expected) < 1e-6
    assert (merged.argmax(-1) == tuned.expected.argmax(-1)).all()


@pytest.mark.parametrize("architecture", FAMILIES)
def test_every_family_computes_what_transformers_computes(architecture: str, tmp_path: Path) -> None:
    """All linear layers changed, rotated heads and stacked experts among them: the error is that of the arithmetic."""
    config = two_layers(architecture)

    check_both_ways(tune(tmp_path, config, PLAIN, matrices(config)), tmp_path)


@pytest.mark.parametrize("setting", [STABILISED, PATTERNS], ids=["rslora", "patterns"])
def test_scales_other_than_alpha_over_rank_are_exact(setting: Setting, tmp_path: Path) -> None:
    """rsLoRA, `rank_pattern` and `alpha_pattern` are followed, though a GGUF adapter has one alpha only."""
    config = two_layers("GPTBigCodeForCausalLM")

    check_both_ways(tune(tmp_path, config, setting, matrices(config)), tmp_path)


def test_embedding_and_output_of_an_untied_model_can_change(tmp_path: Path) -> None:
    """An embedding's pair is stored transposed, and llama.cpp wants it in another order yet."""
    names = ["transformer.wte.weight", "lm_head.weight"]

    check_both_ways(tune(tmp_path, two_layers("GPTBigCodeForCausalLM"), STABILISED, names, tied=False), tmp_path)


def test_a_16_bit_adapter_is_close(tmp_path: Path) -> None:
    """In F16 only the rounding of the pairs is added."""
    config = two_layers("GPTBigCodeForCausalLM")
    tuned = tune(tmp_path, config, PLAIN, matrices(config))
    convert_checkpoint(tuned.base, tmp_path / "base.gguf", "F32")

    convert_adapter(tuned.adapter, tmp_path / "adapter.gguf", "F16", base=tuned.base)

    found = llama_logits(tmp_path / "base.gguf", tuned.ids, tmp_path / "adapter.gguf")
    assert normalised_squared_error(found, tuned.expected) < 1e-5
