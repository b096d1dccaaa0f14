"""A data recipe runs its stages in order, each on the newest rows; what is wrong with it is seen before any runs."""

from pathlib import Path
from typing import Any

import pytest

from assistant.errors import ConfigError
from training.data_recipe import STAGES, Stage, read_data_recipe, run_data_recipe

FAKES = {
    "problems": Stage(function="make", reads=(), writes="problems", file="problems.jsonl"),
    "sample": Stage(function="sample", reads=("problems",), writes="answers", file="answers.jsonl"),
    "test": Stage(function="test", reads=("problems", "answers"), writes="problems", file="tested.jsonl"),
    "rank": Stage(function="rank", reads=("problems", "answers"), writes="ranked", file="ranked.jsonl"),
}


class Rooms:
    """Stage functions that only note how they were called."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def make(self, *, out: Path, count: int = 1, seed: int = 0) -> dict[str, Any]:
        return self._note("make", count=count, seed=seed, out=out.name)

    def sample(self, *, problems: Path, out: Path) -> dict[str, Any]:
        return self._note("sample", problems=problems.name, out=out.name)

    def test(self, *, problems: Path, out: Path, answers: Path | None = None) -> dict[str, Any]:
        return self._note("test", problems=problems.name, answers=answers and answers.name, out=out.name)

    def rank(self, *, problems: Path, answers: Path, out: Path, pair: bool = False) -> dict[str, Any]:
        return self._note("rank", problems=problems.name, answers=answers.name, out=out.name, pair=pair)

    def _note(self, name: str, **how: Any) -> dict[str, Any]:
        self.calls.append({"stage": name, **how})
        return {"rows": len(self.calls)}


def _run(tmp_path: Path, text: str) -> tuple[Rooms, dict[str, Any]]:
    path, rooms = tmp_path / "r.toml", Rooms()
    path.write_text(text)
    reports = run_data_recipe(read_data_recipe(path, FAKES), tmp_path, FAKES, lambda name: getattr(rooms, name))
    return rooms, reports


def test_stages_run_in_order_on_the_newest_rows(tmp_path: Path) -> None:
    """Whatever the order of the tables; the recipe is kept beside the rows."""
    text = 'name = "n"\nseed = 7\n[rank]\npair = true\n[test]\n[sample]\n[problems]\ncount = 5\n'

    rooms, reports = _run(tmp_path, text)

    assert rooms.calls == [
        {"stage": "make", "count": 5, "seed": 7, "out": "problems.jsonl"},
        {"stage": "sample", "problems": "problems.jsonl", "out": "answers.jsonl"},
        {"stage": "test", "problems": "problems.jsonl", "answers": "answers.jsonl", "out": "tested.jsonl"},
        {"stage": "rank", "problems": "tested.jsonl", "answers": "answers.jsonl", "out": "ranked.jsonl", "pair": True},
    ]
    assert reports["rank"] == {"rows": 4}
    assert (tmp_path / "n" / "recipe.toml").read_text() == text


def test_a_stage_may_be_left_out(tmp_path: Path) -> None:
    """Checks can be made without answers; rankings take the problems as they are."""
    rooms, _ = _run(tmp_path, 'name = "n"\n[problems]\n[test]\n')

    assert rooms.calls[1] == {"stage": "test", "problems": "problems.jsonl", "answers": None, "out": "tested.jsonl"}


MISTAKES = {
    "[problems]\n": "has no name",
    "name = 1\n": "has no name",
    "name = ": "is not TOML",
    'name = "n"\n[rnak]\n': "unknown stage rnak",
    'name = "n"\nrank = 1\n': "unknown stage rank",
    'name = "n"\n[problems]\ncuont = 3\n': "unknown key problems.cuont",
    'name = "n"\n[problems]\n[rank]\n': "rank reads answers",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_seen_before_anything_runs(text: str, tmp_path: Path) -> None:
    """With a hint."""
    with pytest.raises(ConfigError, match=MISTAKES[text]) as caught:
        _run(tmp_path, text)

    assert caught.value.hint
    assert not (tmp_path / "n").exists()


def test_a_near_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        _run(tmp_path, 'name = "n"\n[problems]\ncuont = 3\n')

    assert "problems.count" in caught.value.hint


def test_the_recipe_that_ships_names_stages_that_there_are() -> None:
    """Its keys are checked when it is run."""
    recipe = read_data_recipe(Path("training/recipes/ranked-families.toml"))

    assert set(recipe.stages) <= set(STAGES)
