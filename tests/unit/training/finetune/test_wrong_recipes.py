"""Whatever is wrong with a recipe is said in two lines before anything is trained."""

import inspect
from pathlib import Path

import pytest
from accelerate.commands.config.config_args import load_config_from_file
from accelerate.utils import FullyShardedDataParallelPlugin
from click.testing import CliRunner
from transformers.models.gpt_bigcode import modeling_gpt_bigcode

from assistant.errors import CairnError
from tests.tiny_finetuning import write_recipe
from training.commands import train
from training.finetune.recipe import read_finetune_recipe

ROOT = Path(__file__).parents[4]
SHIPPED = sorted((ROOT / "training" / "recipes" / "finetune").glob("*.toml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_recipes_are_read_and_named_after_their_file(path: Path) -> None:
    """What is shipped works."""
    assert read_finetune_recipe(path).name == path.stem


def test_the_recipe_of_the_paper_has_what_it_states() -> None:
    """And marks what it does not."""
    path = next(path for path in SHIPPED if path.stem == "pangu-coder2-15b")
    recipe = read_finetune_recipe(path, "rrtf")

    assert (recipe.model.base, recipe.schedule.batch_prompts, recipe.schedule.num_epochs) == (
        "bigcode/starcoder",
        512,
        6,
    )
    assert (recipe.objective.rank, recipe.objective.target, recipe.objective.reduction) == ("pair", "teacher", "sum")
    not_stated = (
        "precision",
        "max_tokens",
        "learning_rate",
        "scheduler",
        "warmup_steps",
        "weight_decay",
        "max_grad_norm",
    )
    lines = {line.partition(" = ")[0]: line for line in path.read_text().splitlines()}
    assert all("# stand-in" in lines[name] for name in not_stated)


def test_the_launch_configuration_is_one_that_accelerate_reads() -> None:
    """FSDP2, around the blocks of the model that the recipe trains."""
    file = ROOT / "training" / "recipes" / "accelerate" / "fsdp2-8x80gb.yaml"

    config = load_config_from_file(str(file))

    assert config.fsdp_config["fsdp_version"] == 2
    assert hasattr(modeling_gpt_bigcode, config.fsdp_config["fsdp_transformer_layer_cls_to_wrap"])
    known = {f"fsdp_{name}" for name in inspect.signature(FullyShardedDataParallelPlugin).parameters}
    spelled_otherwise = {"fsdp_version", "fsdp_transformer_layer_cls_to_wrap", "fsdp_offload_params"}
    assert set(config.fsdp_config) <= known | spelled_otherwise


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("batch_prompts = 8", "batch_promps = 8", "schedule.batch_promps", "schedule.batch_prompts"),
        ("micro_batch_prompts = 4", "micro_batch_prompts = 3", "3 are computed at a time", "multiple"),
        ("micro_batch_prompts = 4", "micro_batch_prompts = 0", "micro_batch_prompts is 0", "more than 0"),
        ("[data]", 'attention = "flash"\n[data]', "'flash', not one of", "flash_attention_2"),
        ("[data]", 'attention = "flash_attention_2"\n[data]', "takes no tree", "padded"),
        ('kind = "none"', 'kind = "qlora"', "qlora needs", ""),
        ('kind = "none"', 'kind = "lora"\ntargets = ["q_proj"]', "no linear layer q_proj", "c_attn"),
        ('/base"', '/nowhere"', "no model at", "folder"),
        ('/ranked.jsonl"', '/nothing.jsonl"', "no file", "stage"),
        ("[data]", '[data]\npreset = "panguu"', "no such preset", "pangu-coder2"),
        ('method = "rrtf"', 'method = "dpo"', "the recipe is for dpo", "train dpo"),
        ("[data]", '[objective]\ntarget = "random_teacher"\n[data]', "random teacher", "best"),
    ],
)
def test_a_mistake_is_named_with_what_to_do(tmp_path: Path, old: str, new: str, message: str, hint: str) -> None:
    """Unknown keys come with the nearest name, unknown choices with the nearest choice."""
    path = write_recipe(tmp_path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))

    result = CliRunner().invoke(train, ["rrtf", "--recipe", str(path), "--runs-dir", str(tmp_path / "runs")])

    assert isinstance(result.exception, CairnError)
    assert message in str(result.exception)
    assert hint in result.exception.hint


def test_what_is_no_adapter_cannot_be_merged(tmp_path: Path) -> None:
    """Nor is a folder overwritten."""
    result = CliRunner().invoke(train, ["merge", str(tmp_path), "--out", str(tmp_path / "out")])

    assert "no adapter at" in str(result.exception)


@pytest.mark.parametrize(
    ("file", "message"), [("model.safetensors", "cannot load"), ("tokenizer.json", "cannot read the tokenizer")]
)
def test_a_broken_model_is_an_error_of_two_lines(tmp_path: Path, file: str, message: str) -> None:
    """Whatever transformers says of it, on one line."""
    path = write_recipe(tmp_path)
    (tmp_path / "base" / file).write_bytes(b"not what it should be")

    result = CliRunner().invoke(train, ["rrtf", "--recipe", str(path), "--runs-dir", str(tmp_path / "runs")])

    assert isinstance(result.exception, CairnError)
    assert message in str(result.exception)
    assert "\n" not in str(result.exception)
