"""Whatever is wrong with a recipe is said in two lines before anything is trained."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from assistant.errors import CairnError
from tests.tiny_finetuning import write_recipe
from training.commands import train
from training.finetune.recipe import read_finetune_recipe

SHIPPED = sorted((Path(__file__).parents[4] / "training" / "recipes" / "finetune").glob("*.toml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_recipes_are_read_and_named_after_their_file(path: Path) -> None:
    """What is shipped works."""
    assert read_finetune_recipe(path).name == path.stem


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


def test_a_broken_model_is_an_error_of_two_lines(tmp_path: Path) -> None:
    """Whatever transformers says of it, on one line."""
    path = write_recipe(tmp_path)
    (tmp_path / "base" / "model.safetensors").write_bytes(b"not weights")

    result = CliRunner().invoke(train, ["rrtf", "--recipe", str(path), "--runs-dir", str(tmp_path / "runs")])

    assert isinstance(result.exception, CairnError)
    assert "cannot load" in str(result.exception)
    assert "\n" not in str(result.exception)
