"""A LoRA adapter, merged while converting or laid over the model by llama.cpp, computes W + scale * B @ A.

The reference is torch: the same change made to the weights of a transformers model. The folders are written as PEFT
0.21 writes them.
"""

import copy
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from convert.adapter import open_adapter
from convert.adapter_file import convert_adapter
from convert.conversion import convert_checkpoint
from convert.families import FAMILIES
from tests.integration.test_convert_logits import random_model, train_tokenizer
from tests.llama_logits import llama_logits, normalised_squared_error

torch = pytest.importorskip("torch", reason="torch merges the reference: install the extra [train]")
transformers = pytest.importorskip("transformers", reason="transformers' logits are the reference")
safetensors_torch = pytest.importorskip("safetensors.torch", reason="it writes the adapters")

NUM_TOKENS = 40


@dataclass(frozen=True)
class Setting:
    """An adapter: what adapter_config.json says, and which modules it changes, with their ranks and scales."""

    config: dict
    rank: Callable[[str], int]
    scale: Callable[[str, int], float]


PLAIN = Setting({"r": 4, "lora_alpha": 6}, lambda module: 4, lambda module, rank: 6 / rank)
STABILISED = Setting(
    {"r": 6, "lora_alpha": 5, "use_rslora": True}, lambda module: 6, lambda module, rank: 5 / math.sqrt(rank)
)
PATTERNS = Setting(
    {"r": 4, "lora_alpha": 6, "rank_pattern": {"1.mlp.c_proj": 8, "mlp": 2}, "alpha_pattern": {"mlp.c_proj": 12}},
    lambda module: 8 if module.endswith("1.mlp.c_proj") else 4,
    lambda module, rank: (12 if module.endswith("mlp.c_proj") else 6) / rank,
)


def llama_model(num_vocabulary: int) -> "transformers.LlamaForCausalLM":
    """Make a small Llama with two query heads to each key-value head, whose rows llama.cpp wants interleaved."""
    config = transformers.LlamaConfig(
        vocab_size=num_vocabulary, hidden_size=256, intermediate_size=512, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=128, tie_word_embeddings=False,
        bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    torch.manual_seed(3)
    return transformers.LlamaForCausalLM(config).eval()


def untied_model(num_vocabulary: int) -> "transformers.GPTBigCodeForCausalLM":
    """Make a small GPTBigCode whose output is a matrix of its own."""
    tied = random_model(num_vocabulary)
    config = copy.deepcopy(tied.config)
    config.tie_word_embeddings = False
    model = transformers.GPTBigCodeForCausalLM(config).eval()
    model.load_state_dict(tied.state_dict() | {"lm_head.weight": torch.randn(num_vocabulary, 256) * 0.05})
    return model


def random_pair(shape: tuple[int, int], rank: int, generator: "torch.Generator") -> tuple:
    """Return A (rank, columns) and B (rows, rank) for a matrix of this shape."""
    return tuple(torch.randn(each, generator=generator) * 0.1 for each in ((rank, shape[1]), (shape[0], rank)))


def tune(model, setting: Setting, modules: list[str], folder: Path):
    """Write a random adapter for these modules, and return the model with the same change in its weights."""
    tuned, tensors = copy.deepcopy(model), {}
    generator = torch.Generator().manual_seed(9)
    for module in modules:
        layer = tuned.get_submodule(module)
        rank = setting.rank(module)
        a, b = random_pair(tuple(layer.weight.shape), rank, generator)
        with torch.no_grad():
            layer.weight += setting.scale(module, rank) * (b @ a)
        prefix = f"base_model.model.{module}"
        if isinstance(layer, torch.nn.Embedding):
            tensors |= {f"{prefix}.lora_embedding_A": b.T.contiguous(), f"{prefix}.lora_embedding_B": a.T.contiguous()}
            tensors[f"{prefix}.base_layer.weight"] = model.get_submodule(module).weight.detach().clone()
        else:
            tensors |= {f"{prefix}.lora_A.weight": a, f"{prefix}.lora_B.weight": b}
    folder.mkdir()
    config = {"peft_type": "LORA", "bias": "none", "fan_in_fan_out": False, "use_dora": False, **setting.config}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    safetensors_torch.save_file(tensors, folder / "adapter_model.safetensors")
    return tuned


def save(model, folder: Path, tokenizer) -> Path:
    """Save a checkpoint and its tokenizer."""
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def reference_logits(model, ids: np.ndarray) -> np.ndarray:
    """Compute the logits (L, V) with transformers."""
    with torch.no_grad():
        return model(torch.from_numpy(ids.astype(np.int64))[None]).logits[0].numpy()


def linear_modules(model) -> list[str]:
    """Name the linear layers but the output."""
    return [name for name, each in model.named_modules() if isinstance(each, torch.nn.Linear) and name != "lm_head"]


GPT_BIG_CODE = pytest.param(random_model, id="gpt_bigcode")
LLAMA = pytest.param(
    llama_model,
    id="llama",
    marks=pytest.mark.skipif("LlamaForCausalLM" not in FAMILIES, reason="the family is not there yet"),
)


@pytest.mark.parametrize("setting", [PLAIN, STABILISED], ids=["plain", "rslora"])
@pytest.mark.parametrize("make_model", [GPT_BIG_CODE, LLAMA])
def test_both_ways_compute_what_torch_computes(make_model: Callable, setting: Setting, tmp_path: Path) -> None:
    """All linear layers changed: merged in F32 or laid over the F32 base, the error is that of the arithmetic."""
    check_both_ways(make_model, setting, linear_modules, tmp_path)


def test_patterns_give_modules_ranks_and_scales_of_their_own(tmp_path: Path) -> None:
    """`rank_pattern` and `alpha_pattern` are followed, though the file has one alpha only."""
    check_both_ways(random_model, PATTERNS, linear_modules, tmp_path)


def test_embedding_and_output_of_an_untied_model_can_change(tmp_path: Path) -> None:
    """PEFT stores an embedding's pair transposed, and the frozen embedding with it; both are seen through."""
    check_both_ways(untied_model, STABILISED, lambda model: ["transformer.wte", "lm_head"], tmp_path)


def check_both_ways(make_model: Callable, setting: Setting, choose: Callable, tmp_path: Path) -> None:
    """Compare both with torch, after a look at whether the adapter changes the logits at all."""
    tokenizer = train_tokenizer()
    model = make_model(tokenizer.get_vocab_size())
    base, folder = save(model, tmp_path / "base", tokenizer), tmp_path / "adapter"
    tuned = tune(model, setting, choose(model), folder)
    ids = np.random.default_rng(5).integers(0, tokenizer.get_vocab_size(), NUM_TOKENS).astype(np.int32)
    expected = reference_logits(tuned, ids)
    assert normalised_squared_error(reference_logits(model, ids), expected) > 0.01

    convert_checkpoint(base, tmp_path / "merged.gguf", "F32", adapter=open_adapter(folder))
    convert_checkpoint(base, tmp_path / "base.gguf", "F32")
    convert_adapter(folder, tmp_path / "adapter.gguf", base=base)

    merged = llama_logits(tmp_path / "merged.gguf", ids)
    laid_over = llama_logits(tmp_path / "base.gguf", ids, tmp_path / "adapter.gguf")
    print("NMSE merged", normalised_squared_error(merged, expected))
    print("NMSE laid over", normalised_squared_error(laid_over, expected))
    assert normalised_squared_error(merged, expected) < 1e-6
    assert normalised_squared_error(laid_over, expected) < 1e-6
    assert (merged.argmax(-1) == expected.argmax(-1)).all()


def test_a_16_bit_adapter_is_close(tmp_path: Path) -> None:
    """In F16 only the rounding of the pairs is added."""
    tokenizer = train_tokenizer()
    model = random_model(tokenizer.get_vocab_size())
    base, folder = save(model, tmp_path / "base", tokenizer), tmp_path / "adapter"
    tuned = tune(model, PLAIN, linear_modules(model), folder)
    ids = np.arange(NUM_TOKENS, dtype=np.int32)

    convert_checkpoint(base, tmp_path / "base.gguf", "F32")
    convert_adapter(folder, tmp_path / "adapter.gguf", "F16", base=base)

    found = llama_logits(tmp_path / "base.gguf", ids, tmp_path / "adapter.gguf")
    assert normalised_squared_error(found, reference_logits(tuned, ids)) < 1e-5
