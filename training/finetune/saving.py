"""Checkpoints: folders that `transformers` loads and `cairn convert` takes; adapters as PEFT writes them."""

import json
import shutil
from pathlib import Path

from peft import PeftModel

from assistant.errors import InputError
from training.atomic import write_folder
from training.finetune.loading import folder_of, load_base, quiet

_BESIDE_WEIGHTS = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "chat_template.jinja",
    "vocab.json",
    "merges.txt",
    "LICENSE",
    "README.md",
)
"""What a model has beside its weights, and its child keeps to the byte."""
_OF_TRAINER = "training_args.bin"


def publish(written: Path, base: Path, checkpoint: Path) -> None:
    """Make a checkpoint of what the trainer wrote, in one step.

    Args:
        written: A model, or an adapter; it is used up.
        base: Whose tokenizer, licence and card it has.
        checkpoint: Replaced.
    """

    def fill(beside: Path) -> None:
        for file in (each for each in written.iterdir() if each.is_file() and each.name != _OF_TRAINER):
            shutil.move(file, beside / file.name)
        copy_beside_weights(base, beside)

    write_folder(checkpoint, fill)
    shutil.rmtree(written)


def copy_beside_weights(base: Path, folder: Path) -> None:
    """Copy tokenizer, licence and card."""
    for name in _BESIDE_WEIGHTS:
        if (base / name).is_file():
            shutil.copyfile(base / name, folder / name)


def merge(adapter: Path, out: Path, base: str = "") -> Path:
    """Add an adapter to the weights below it.

    Args:
        adapter: A folder with adapter_config.json and adapter_model.safetensors.
        out: The folder of the merged model; must not be there.
        base: The model below; empty for the one that the adapter names.

    Raises:
        InputError: `adapter` is none, or `out` is there.
        ConfigError: The base cannot be loaded.
    """
    config = adapter / "adapter_config.json"
    if not config.is_file():
        raise InputError(f"no adapter at {adapter}", hint="Name a folder with adapter_config.json.")
    if out.exists():
        raise InputError(f"{out} is there already", hint="Choose another --out.")
    folder = folder_of(base or json.loads(config.read_text("utf-8"))["base_model_name_or_path"])
    model = load_base(folder, dtype="auto")
    try:
        with quiet():
            merged = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()  # pyright: ignore
    except (ValueError, RuntimeError, KeyError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{adapter} does not fit {folder}: {reason}", hint="Name its own --base.") from error

    def fill(beside: Path) -> None:
        merged.save_pretrained(beside)
        copy_beside_weights(folder, beside)

    write_folder(out, fill)
    return out
