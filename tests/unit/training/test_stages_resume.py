"""Sampling and ranking go on where they stopped."""

from pathlib import Path

from assistant.sandbox.programs import ProgramRunner
from training.answers import rank_answers, sample_answers
from training.jsonl import read_rows
from training.problems import draw_problems
from training.recipe import RrtfRecipe

RECIPE = RrtfRecipe(student_temperatures=(0.8,), max_new_tokens=4)


def test_answered_problems_are_not_answered_again(codec, student, runner: ProgramRunner, tmp_path: Path) -> None:
    """A second start samples and tests only what is missing, and rows already there stay as they are."""
    problems = draw_problems("train", 6, 0, runner)
    answers_path, ranked_path = tmp_path / "answers.jsonl", tmp_path / "ranked.jsonl"
    first = sample_answers(answers_path, problems[:4], student, codec, RECIPE, seed=0)
    rank_answers(ranked_path, problems[:4], first, runner, max_candidates=4)
    rows = read_rows(answers_path)

    answers = sample_answers(answers_path, problems, student, codec, RECIPE, seed=0)
    ranked = rank_answers(ranked_path, problems, answers, runner, max_candidates=4)

    assert read_rows(answers_path)[:4] == rows
    assert len(read_rows(answers_path)) == len(read_rows(ranked_path)) == 6
    assert all(row[0].source == "teacher" and row[0].outcome == "PASSES_ALL" for row in ranked.values())
