"""Two processes that share a step leave the weights of one. Were the loss computed on a bare model, they would not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

from tests.sharded_step import step
from tests.tiny_finetuning import rows, write_recipe
from training.commands import train
from training.jsonl import append_rows, read_rows
from training.rows import to_json

ROOT = Path(__file__).parents[4]


def in_two(module: str, *arguments: str) -> None:
    """Run a module in two processes of this machine, with gloo."""
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m", module]
    done = subprocess.run(
        [*launch, *arguments], cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.slow
@pytest.mark.parametrize("adapter", ["none", "lora"])
def test_weights_sharded_by_fsdp2_take_the_same_step(tmp_path: Path, adapter: str) -> None:
    """Their gradients are averaged; the loss is divided by what both processes hold."""
    recipe = write_recipe(tmp_path, adapter=adapter)

    in_two("tests.sharded_step", str(recipe), str(tmp_path / "two.safetensors"))

    one, two = step(recipe, 0, 1), load_file(tmp_path / "two.safetensors")
    assert set(one) == set(two)
    for name, weights in one.items():
        torch.testing.assert_close(two[name], weights, atol=1e-6, rtol=1e-5)


@pytest.mark.slow
def test_a_run_in_two_processes_leaves_the_weights_of_one(tmp_path: Path) -> None:
    """DDP, through the command as `accelerate launch` starts it."""
    write_recipe(tmp_path)
    (tmp_path / "ranked.jsonl").unlink()
    append_rows(tmp_path / "ranked.jsonl", [to_json(row) for row in rows(16)])
    recipe = write_recipe(tmp_path, micro=2, num_epochs=1)
    arguments = ["train", "rrtf", "--recipe", str(recipe), "--runs-dir"]

    in_two("assistant", *arguments, str(tmp_path / "two"))

    assert CliRunner().invoke(train, [*arguments[1:], str(tmp_path / "one")]).exit_code == 0
    one, two = (load_file(tmp_path / each / "tiny" / "checkpoint" / "model.safetensors") for each in ("one", "two"))
    for name, weights in one.items():
        torch.testing.assert_close(two[name], weights, atol=1e-5, rtol=0)
    noted = [read_rows(tmp_path / each / "tiny" / "metrics.jsonl") for each in ("one", "two")]
    for alone, together in zip(*noted, strict=True):  # AdamW would hide a gradient of another size
        for name in ("loss", "rank_loss", "sft_loss", "grad_norm", "rank_accuracy", "mean_response_tokens"):
            assert together[name] == pytest.approx(alone[name], rel=1e-4)
