"""The model of a recipe, with its adapter. Nothing is fetched: folders and what the local cache holds."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from peft import LoraConfig, PeftModel, get_peft_model, prepare_model_for_kbit_training
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, PreTrainedModel
from transformers.utils import logging

from assistant.errors import ConfigError
from training.finetune.recipe import AdapterRecipe, FinetuneRecipe, ModelRecipe

logging.disable_progress_bar()  # one bar at a time, and it is ours

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
_UNREADABLE = (OSError, ValueError, KeyError, RuntimeError, SafetensorError)
"""What `transformers` raises for a folder that it cannot load."""


def folder_of(base: str) -> Path:
    """The folder of a model: as it is named, or its snapshot in the local cache.

    Raises:
        ConfigError: It is neither.
    """
    if Path(base).is_dir():
        return Path(base)
    try:
        return Path(snapshot_download(base, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, HfHubHTTPError):
        hint = "Name a folder with config.json and *.safetensors, or a hub id that is in the local cache."
        raise ConfigError(f"no model at {base}", hint=hint) from None


def load_model(recipe: FinetuneRecipe, folder: Path) -> PreTrainedModel | PeftModel:
    """The model, ready to be trained: all of it in float32, or an adapter over frozen weights.

    Raises:
        ConfigError: It cannot be loaded, something it needs is missing here, or the adapter does not fit it.
    """
    check_machine(recipe.model, recipe.adapter)
    torch.manual_seed(recipe.seed)  # of the adapter's first matrices
    model = load_base(folder, attention=recipe.model.attention, **_weights(recipe))
    return _with_adapter(model, recipe.adapter) if recipe.adapter.kind != "none" else model


def load_base(folder: Path, **options: Any) -> PreTrainedModel:
    """A model as its folder has it. Raises as `load_model`."""
    attention = options.pop("attention", "sdpa")
    try:
        return AutoModelForCausalLM.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            attn_implementation=attention,
            **options,
        )
    except _UNREADABLE as error:
        reason = " ".join(str(error).split())[:200]
        raise ConfigError(f"cannot load {folder}: {reason}", hint="It takes a causal model of transformers.") from error


def check_machine(model: ModelRecipe, adapter: AdapterRecipe) -> None:
    """Say what is missing for a recipe before a model of gigabytes is read.

    Raises:
        ConfigError: A card, or a package of the extra [gpu].
    """
    needed = {"flash_attention_2": ("flash_attn", "flash-attn"), "qlora": ("bitsandbytes", "bitsandbytes")}
    for feature in (model.attention, adapter.kind):
        if feature not in needed:
            continue
        module, package = needed[feature]
        if not torch.cuda.is_available():
            raise ConfigError(f"{feature} needs an NVIDIA GPU, and there is none", hint="Use sdpa, and lora or none.")
        if find_spec(module) is None:
            raise ConfigError(f"{feature} needs {package}", hint='Install the extra: pip install "cairn-coder[gpu]".')


def _weights(recipe: FinetuneRecipe) -> dict[str, Any]:
    dtype = DTYPES[recipe.model.precision]
    if recipe.adapter.kind == "none":
        return {"dtype": torch.float32}
    if recipe.adapter.kind == "lora":
        return {"dtype": dtype}
    in_four_bits = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
    )
    return {"dtype": dtype, "quantization_config": in_four_bits}


def _with_adapter(model: PreTrainedModel, adapter: AdapterRecipe) -> PeftModel:
    if adapter.kind == "qlora":
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    config = LoraConfig(
        r=adapter.r,
        lora_alpha=adapter.alpha,  # pyright: ignore[reportArgumentType]
        lora_dropout=adapter.dropout,
        target_modules=list(adapter.targets),
        task_type="CAUSAL_LM",
    )
    linear = {name.rpartition(".")[2] for name, each in model.named_modules() if isinstance(each, torch.nn.Linear)}
    missing = [each for each in adapter.targets if each not in linear]
    if missing:
        hint = f"This model's are {', '.join(sorted(linear))}."
        raise ConfigError(f"the model has no linear layer {', '.join(missing)}", hint=hint)
    with quiet():
        return get_peft_model(model, config)  # pyright: ignore[reportReturnType]


@contextmanager
def quiet() -> Iterator[None]:
    """Let peft ask by names that transformers has others for by now."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield
