"""`cairn train rounds` goes round: the model answers, its answers are ranked, it learns, and it is measured."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.tiny_finetuning import write_recipe
from training.commands import train
from training.finetune.rounds import best, has_fallen
from training.jsonl import read_rows

ROUNDS = """
[rounds]
problems = "{folder}/problems.jsonl"
num_rounds = 2
num_problems = 6
num_answers = 1
teachers = ["program:1.0", "program:0.3"]
max_new_tokens = 4
gguf_type = "F32"
[evaluation]
problems = "{folder}/held-out.jsonl"
num_problems = 3
max_new_tokens = 4
"""


def invoke(*arguments: str) -> dict[str, str]:
    """A command of the training room."""
    result = CliRunner().invoke(train, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    return json.loads(result.stdout)


@pytest.mark.slow
def test_two_rounds_go_from_answers_to_a_model_and_a_second_run_keeps_them(tmp_path: Path) -> None:
    """Every round has its own problems, its answers are those of the model before it, and the best is published."""
    invoke("problems", "--count", "12", "--out", str(tmp_path / "problems.jsonl"))
    invoke("problems", "--count", "3", "--split", "held_out_families", "--out", str(tmp_path / "held-out.jsonl"))
    more = ROUNDS.format(folder=tmp_path)
    recipe = write_recipe(tmp_path, method="sft", adapter="lora", num_epochs=1, context=1024, more=more)
    arguments = ("rounds", "--recipe", str(recipe), "--runs-dir", str(tmp_path / "runs"))

    published = Path(invoke(*arguments)["checkpoint"])

    run = tmp_path / "runs" / "tiny"
    assert [row["round"] for row in read_rows(run / "rounds.jsonl")] == [0, 1, 2]
    asked = [{row["task_id"] for row in read_rows(run / f"round-{n}" / "answers.jsonl")} for n in (1, 2)]
    assert len(asked[0]) == len(asked[1]) == 6
    assert not asked[0] & asked[1]
    sources = {row["source"] for row in read_rows(run / "round-2" / "answers.jsonl")}
    assert sources == {"gguf/round-1", "program/1", "program/0.3"}
    written_ns = (run / "round-2.gguf").stat().st_mtime_ns
    assert Path(invoke(*arguments)["checkpoint"]) == published
    assert (run / "round-2.gguf").stat().st_mtime_ns == written_ns
    assert (published / "model.safetensors").is_file()


def test_the_best_round_is_the_one_with_the_highest_pass_at_1() -> None:
    """Of equals the earliest: it cost less."""
    rows = [{"round": n, "pass_at_1": {"value": value}} for n, value in enumerate([0.2, 0.5, 0.5, 0.4])]

    assert best(rows)["round"] == 1


@pytest.mark.parametrize(("values", "expected"), [([0.2], False), ([0.2, 0.2], False), ([0.2, 0.5, 0.4], True)])
def test_rounds_stop_when_pass_at_1_falls(values: list[float], expected: bool) -> None:
    """Below the best so far; the same is no fall."""
    assert has_fallen([{"pass_at_1": {"value": value}} for value in values]) == expected
