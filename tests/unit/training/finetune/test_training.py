"""A fine-tuning: the same however a step is cut, the same after a kill, and a folder that says how it was made."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file
from torch import Tensor

from tests.rank_rows import HAND
from tests.tiny_finetuning import write_recipe
from training.commands import train
from training.finetune.folder import RunFolder
from training.jsonl import append_rows, read_rows
from training.rows import Check, Task, to_json

NEVER = 1000


def trained(folder: Path, runs: str, method: str = "rrtf") -> dict[str, Tensor]:
    """The weights that the command leaves."""
    arguments = [method, "--recipe", str(folder / "recipe.toml"), "--runs-dir", str(folder / runs), "--json"]
    result = CliRunner().invoke(train, arguments, catch_exceptions=False)
    checkpoint = Path(json.loads(result.stdout)["checkpoint"])
    return load_file(next(checkpoint.glob("*.safetensors")))


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_a_step_is_the_same_however_it_is_cut(tmp_path: Path, reduction: str) -> None:
    """8 prompts at once, or 1 at a time eight times: also where the means are over the tokens of the whole step."""
    more = f'[objective]\nreduction = "{reduction}"\n'
    write_recipe(tmp_path, micro=8, num_epochs=1, more=more)
    whole = trained(tmp_path, "whole")
    write_recipe(tmp_path, micro=1, num_epochs=1, more=more)

    cut = trained(tmp_path, "cut")

    for name, weights in whole.items():
        torch.testing.assert_close(cut[name], weights, atol=1e-5, rtol=0)
    notes = [read_rows(tmp_path / each / "tiny" / "metrics.jsonl") for each in ("whole", "cut")]
    for one, other in zip(*notes, strict=True):
        assert one["rank_loss"] == pytest.approx(other["rank_loss"], abs=1e-4)
        assert one["sft_loss"] == pytest.approx(other["sft_loss"], rel=1e-5)
        assert one["grad_norm"] == pytest.approx(other["grad_norm"], rel=1e-4)


def test_trees_computed_branch_by_branch_leave_the_same_weights(tmp_path: Path) -> None:
    """As under a mask over all pairs."""
    recipe = write_recipe(tmp_path, num_epochs=1)
    masked = trained(tmp_path, "masked")
    recipe.write_text(recipe.read_text().replace("[data]", 'attention = "tree_sdpa"\n[data]'))

    branched = trained(tmp_path, "branched")

    for name, weights in masked.items():
        torch.testing.assert_close(branched[name], weights, atol=1e-5, rtol=0)


def test_bfloat16_and_recomputed_activations_leave_weights_in_float32(tmp_path: Path) -> None:
    """An adapter over frozen bfloat16 weights is itself trained in float32."""
    recipe = write_recipe(tmp_path, adapter="lora", num_epochs=1)
    more = 'precision = "bfloat16"\ngradient_checkpointing = true\n[data]'
    recipe.write_text(recipe.read_text().replace("[data]", more))

    adapter = trained(tmp_path, "runs")

    assert {each.dtype for each in adapter.values()} == {torch.float32}
    assert any(each.abs().sum() > 0 for name, each in adapter.items() if "lora_B" in name)


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    """SIGKILL in the middle; states that were not whole and notes of steps that are done again are forgotten."""
    write_recipe(tmp_path, num_epochs=40)
    run = RunFolder(tmp_path / "killed" / "tiny")
    command = [sys.executable, "-m", "assistant", "train", "rrtf", "--recipe", str(tmp_path / "recipe.toml")]
    with subprocess.Popen([*command, "--runs-dir", str(tmp_path / "killed")], stderr=subprocess.DEVNULL) as process:
        while not list(run.state.glob("*/whole")):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    torn = run.state / f"checkpoint-{NEVER}"
    torn.mkdir()

    gone_on = trained(tmp_path, "killed")

    assert not torn.exists()
    at_once = trained(tmp_path, "whole")
    assert all(torch.equal(gone_on[name], weights) for name, weights in at_once.items())
    steps = [row["step"] for row in read_rows(run.metrics)]
    assert steps == list(range(1, 121))


def test_the_run_says_how_it_was_made(tmp_path: Path) -> None:
    """Recipe, versions, seed, what was read and what was not; both losses apart; TensorBoard's files."""
    recipe = write_recipe(tmp_path, num_epochs=1)
    trained(tmp_path, "runs")
    run = RunFolder(tmp_path / "runs" / "tiny")

    first = read_rows(run.metrics)[0]

    assert {"rank_loss", "sft_loss", "rank_accuracy", "mean_response_tokens", "grad_norm"} <= set(first)
    assert first["loss"] == pytest.approx(first["rank_loss"] + first["sft_loss"], rel=1e-5)
    assert (run.folder / "recipe.toml").read_text() == recipe.read_text()
    assert {"torch", "transformers", "peft", "python", "seed"} <= set(
        json.loads((run.folder / "versions.json").read_text())
    )
    assert json.loads((run.folder / "data.json").read_text()) == {
        "rows": 20,
        "prompts": 20,
        "answers": 50,
        "left_out": {},
    }
    assert list((run.folder / "tensorboard").glob("events*"))


def test_held_out_problems_are_answered_before_while_and_after_training(tmp_path: Path) -> None:
    """Each measurement with its interval, lengths, outcomes and answers; the page is there."""
    check = Check(inputs=(1,), expected="4", provenance=HAND)
    tasks = [Task(id=f"h{n}", prompt="Add 3.", entry_point="add", checks=(check,), provenance=HAND) for n in range(2)]
    append_rows(tmp_path / "held.jsonl", [to_json(task) for task in tasks])
    more = f'[evaluation]\nproblems = "{tmp_path}/held.jsonl"\nevery_steps = 2\nmax_new_tokens = 8\n'
    write_recipe(tmp_path, micro=8, num_epochs=1, more=more)
    trained(tmp_path, "runs")
    run = RunFolder(tmp_path / "runs" / "tiny")

    measured = read_rows(run.evaluations)

    assert [row["step"] for row in measured] == [0, 2, 3]
    assert all(row["pass_at_1"]["low"] <= row["pass_at_1"]["value"] <= row["pass_at_1"]["high"] for row in measured)
    assert all(sum(row["outcomes"].values()) == 2 and len(row["shown"]) == 2 for row in measured)
    assert "Before and after" in run.report.read_text()


def test_a_run_that_is_done_is_left_alone_and_another_recipe_is_refused(tmp_path: Path) -> None:
    """A name is a run."""
    write_recipe(tmp_path, num_epochs=1)
    trained(tmp_path, "runs")
    trained(tmp_path, "runs")
    write_recipe(tmp_path, num_epochs=2)

    result = CliRunner().invoke(
        train, ["rrtf", "--recipe", str(tmp_path / "recipe.toml"), "--runs-dir", str(tmp_path / "runs")]
    )

    assert "begun with another recipe" in str(result.exception)


def test_dpo_begins_with_a_margin_of_nothing(tmp_path: Path) -> None:
    """The reference is the model itself, before it learned: the first loss is ln 2."""
    write_recipe(tmp_path, method="dpo", adapter="lora", num_epochs=1)
    trained(tmp_path, "runs", "dpo")

    first = read_rows(tmp_path / "runs" / "tiny" / "metrics.jsonl")[0]

    assert first["dpo_loss"] == pytest.approx(0.6931472, abs=1e-6)


def test_an_adapter_can_be_merged_into_the_weights_below_it(tmp_path: Path) -> None:
    """The merged folder has the tensors of a whole model, and they have changed where the adapter says."""
    write_recipe(tmp_path, method="sft", adapter="lora")
    trained(tmp_path, "runs", "sft")
    adapter = tmp_path / "runs" / "tiny" / "checkpoint"

    result = CliRunner().invoke(
        train, ["merge", str(adapter), "--out", str(tmp_path / "merged")], catch_exceptions=False
    )

    assert result.exit_code == 0
    base, merged = (
        load_file(tmp_path / "base" / "model.safetensors"),
        load_file(tmp_path / "merged" / "model.safetensors"),
    )
    assert set(base) == set(merged)
    changed = {name for name in base if not torch.equal(base[name], merged[name])}
    assert changed == {name for name in base if name.endswith(("c_attn.weight", "c_proj.weight", "c_fc.weight"))}
    assert (tmp_path / "merged" / "tokenizer.json").read_bytes() == (tmp_path / "base" / "tokenizer.json").read_bytes()
