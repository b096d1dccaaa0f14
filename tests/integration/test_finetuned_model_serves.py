"""From ranked rows to an answer: train, merge, convert, and the engine reads what came out."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from assistant.cli import cli
from tests.tiny_finetuning import write_recipe
from training.asking.gguf import GgufModel
from training.asking.model import Draw
from training.presets import PRESETS
from training.rows import Provenance, Task

TASK = Task(id="t", prompt="Add 3.", provenance=Provenance(stage="import", source="hand"))
MANY_EPOCHS = '[objective]\nreduction = "mean"\n'


def run(*arguments: str) -> dict[str, str]:
    """One command of ours, and what it says."""
    result = CliRunner().invoke(cli, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    return json.loads(result.stdout)


@pytest.mark.slow
@pytest.mark.parametrize(("method", "adapter"), [("sft", "none"), ("rrtf", "lora")])
async def test_a_fine_tuned_model_is_converted_and_answers_as_it_learned(
    tmp_path: Path, method: str, adapter: str
) -> None:
    """A small model that has read the rows often begins its answers as they do."""
    recipe = write_recipe(tmp_path, method=method, adapter=adapter, micro=8, num_epochs=60, more=MANY_EPOCHS)
    recipe.write_text(
        recipe.read_text().replace("1e-3", "1e-2").replace("save_every_steps = 2", "save_every_steps = 500")
    )
    checkpoint = run("train", method, "--recipe", str(recipe), "--runs-dir", str(tmp_path / "runs"))["checkpoint"]
    if adapter == "lora":
        checkpoint = run("train", "merge", checkpoint, "--out", str(tmp_path / "merged"))["checkpoint"]

    run("convert", checkpoint, str(tmp_path / "m.gguf"), "--type", "F32")

    async with GgufModel(tmp_path / "m.gguf", width=1, context_tokens=128) as model:
        prompt = PRESETS["pangu-coder2"].prompt(TASK)
        reply = await model.ask(prompt, Draw(temperature=0, seed=0, max_tokens=40))
    assert reply.text.startswith("def add(x" if adapter == "none" else "def ")
