"""`cairn train run` goes the whole road: corpus, vocabulary, pretraining, instruction, ranking, evaluation."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from click.testing import CliRunner

from training.commands import train
from training.corpus import Document

RECIPE = """
name = "tiny"
[model]
vocab_size = 300
hidden_size = 32
num_layers = 1
context_tokens = 1024
[pretrain]
num_steps = 3
batch_blocks = 1
warmup_steps = 1
num_threads = 1
[instruct]
num_problems = 20
num_epochs = 1
[rrtf]
num_problems = 10
num_epochs = 1
max_new_tokens = 8
eval_problems = 5
eval_samples = 1
"""


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A run whose corpus is already there."""
    run = tmp_path / "runs" / "tiny"
    run.mkdir(parents=True)
    text = "".join(f"def f{n}(x):\n    total = x + {n}\n    return total\n\n\n" for n in range(40))
    documents = [
        Document(distribution="d", path=f"{side}.py", split=side, sha256="", text=text)
        for side in ("train", "held_out")
    ]
    (run / "corpus.jsonl").write_text("".join(json.dumps(asdict(each)) + "\n" for each in documents))
    (run / "corpus-manifest.json").write_text("{}")
    (tmp_path / "tiny.toml").write_text(RECIPE)
    return run


@pytest.mark.slow
def test_a_recipe_leads_to_a_ranked_checkpoint_and_a_second_run_keeps_it(run_folder: Path, tmp_path: Path) -> None:
    """Every stage hands the next one files; what is done is not done again."""
    arguments = ["run", str(tmp_path / "tiny.toml"), "--runs-dir", str(tmp_path / "runs"), "--json"]

    first = CliRunner().invoke(train, arguments, catch_exceptions=False)
    weights = run_folder / "rrtf" / "checkpoint" / "model.safetensors"
    written_ns = weights.stat().st_mtime_ns
    second = CliRunner().invoke(train, arguments, catch_exceptions=False)

    assert json.loads(second.stdout) == json.loads(first.stdout) == {"checkpoint": str(weights.parent)}
    assert weights.stat().st_mtime_ns == written_ns
    report = json.loads((run_folder / "rrtf" / "evaluation.json").read_text())
    assert set(report) == {"before", "rrtf", "control", "rrtf_minus_control"}
    assert set(report["rrtf"]["evaluation"]["outcomes"]) == {
        "COMPILE_ERROR",
        "RUNTIME_ERROR",
        "FAILS_SOME",
        "PASSES_ALL",
    }
