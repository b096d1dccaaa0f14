"""A converted checkpoint computes in llama.cpp what it computes in transformers, whatever its family.

Quantised models are judged twice: Q8_0 by how little its predictions move; INT4 against transformers with the very
weights that the file holds, so that an error of the converter is not taken for the loss of quantisation.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from convert.conversion import convert_checkpoint

for module in ("torch", "transformers", "tokenizers", "safetensors"):
    pytest.importorskip(module, reason="transformers' logits are the reference: install the extra [train]")

from tests.integration.convert_reference import (  # noqa: E402 (needs what was asked for above)
    MODELS,
    VARIANTS,
    Reference,
    save_dequantised,
    save_random_model,
)
from tests.llama_logits import kl_divergence, llama_logits, normalised_squared_error  # noqa: E402


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Reference]:
    """Return a function that makes each model once; `max_shard_size` splits its weights over several files."""

    @cache
    def make(name: str, *, tied: bool, max_shard_size: str = "1GB") -> Reference:
        folder = tmp_path_factory.mktemp("checkpoint") / "model"
        return save_random_model(folder, name, tied=tied, max_shard_size=max_shard_size)

    return make


def check_f32(model: Reference, path: Path) -> None:
    """Convert to F32: the error is that of the arithmetic, and the likeliest token the same at every position."""
    convert_checkpoint(model.folder, path, "F32")

    found = llama_logits(path, model.ids)

    print("F32 NMSE", normalised_squared_error(found, model.logits))
    assert normalised_squared_error(found, model.logits) < 1e-6
    assert (found.argmax(-1) == model.logits.argmax(-1)).all()


@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
@pytest.mark.parametrize("name", MODELS)
def test_f32_logits_equal_those_of_transformers(
    reference: Callable[..., Reference], tmp_path: Path, name: str, tied: bool
) -> None:
    """Each family, its output tied to the embedding or not, in one file of weights."""
    check_f32(reference(name, tied=tied), tmp_path / "model.gguf")


@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
@pytest.mark.parametrize("name", MODELS)
def test_shards_make_the_same_model(reference: Callable[..., Reference], tmp_path: Path, name: str, tied: bool) -> None:
    """Each family again, its weights in several files."""
    model = reference(name, tied=tied, max_shard_size="1MB")
    assert (model.folder / "model.safetensors.index.json").is_file()

    check_f32(model, tmp_path / "model.gguf")


@pytest.mark.parametrize("name", VARIANTS)
def test_other_forms_of_a_family_are_computed_too(
    reference: Callable[..., Reference], tmp_path: Path, name: str
) -> None:
    """Biases, scaled positions and other groups of heads arrive as settings that llama.cpp honours."""
    check_f32(reference(name, tied=False), tmp_path / "model.gguf")


@pytest.mark.parametrize("name", MODELS)
def test_f16_logits_are_close(reference: Callable[..., Reference], tmp_path: Path, name: str) -> None:
    """In F16 only the rounding of the weights is added."""
    model = reference(name, tied=False)
    convert_checkpoint(model.folder, tmp_path / "model.gguf", "F16")

    found = llama_logits(tmp_path / "model.gguf", model.ids)

    print("F16 NMSE", normalised_squared_error(found, model.logits))
    assert normalised_squared_error(found, model.logits) < 1e-5


@pytest.mark.parametrize("name", MODELS)
def test_q8_0_predicts_nearly_the_same(reference: Callable[..., Reference], tmp_path: Path, name: str) -> None:
    """Q8_0 moves the predictions by less than a thousandth of a nat."""
    model = reference(name, tied=False)
    convert_checkpoint(model.folder, tmp_path / "model.gguf", "Q8_0")

    found = llama_logits(tmp_path / "model.gguf", model.ids)

    print("Q8_0 KL", kl_divergence(model.logits, found))
    assert kl_divergence(model.logits, found) < 1e-3


@pytest.mark.parametrize("file_type", ["Q4_0", "Q4_K_M"])
@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
@pytest.mark.parametrize("name", MODELS)
def test_an_int4_file_computes_what_its_weights_say(
    reference: Callable[..., Reference], tmp_path: Path, name: str, tied: bool, file_type: str
) -> None:
    """What is left is llama.cpp's own rounding of the activations to 8 bits before it multiplies."""
    model = reference(name, tied=tied)
    convert_checkpoint(model.folder, tmp_path / "model.gguf", file_type)
    dequantised = save_dequantised(model.folder, tmp_path / "model.gguf", tmp_path / "dequantised")

    found = llama_logits(tmp_path / "model.gguf", model.ids)

    print(file_type, "NMSE", normalised_squared_error(found, dequantised.logits))
    assert normalised_squared_error(found, dequantised.logits) < 1e-3
    assert normalised_squared_error(found, model.logits) > 1e-3
