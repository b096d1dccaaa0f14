"""A data recipe runs its stages in order, each on the newest rows; what is wrong with it is seen before any runs."""

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from assistant.errors import ConfigError
from tests.hand_tasks import hand_answers, hand_tasks
from training.commands import train
from training.data_recipe import STAGES, read_data_recipe, run_data_recipe
from training.jsonl import append_rows, read_rows
from training.rows import to_json

OPTIONS = {
    "problems": ["--count"],
    "evolve": ["--in"],
    "sample": ["--problems", "--student"],
    "test": ["--problems", "--answers"],
    "filter": ["--in"],
    "rank": ["--problems", "--answers"],
}


class Rooms:
    """Commands that only note how they were called."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def find(self, name: str) -> click.Command:
        params: list[click.Parameter] = [click.Option(["--out"], required=True), click.Option(["--json"], is_flag=True)]
        for each in OPTIONS[name]:
            params.append(click.Option([each], type=int if each == "--count" else str, multiple=each == "--student"))
        if name == "rank":
            params.append(click.Option(["--keep-student-wins"], is_flag=True))
        return click.Command(name, params=params, callback=lambda **options: self._note(name, options))

    def _note(self, name: str, options: dict[str, Any]) -> None:
        given = {key: value for key, value in options.items() if value}
        self.calls.append({"stage": name, **{key: _name(value) for key, value in given.items()}})


def _name(value: Any) -> Any:
    return Path(value).name if isinstance(value, str) else value


def _run(tmp_path: Path, text: str) -> Rooms:
    path, rooms = tmp_path / "r.toml", Rooms()
    path.write_text(text)
    run_data_recipe(read_data_recipe(path), tmp_path, rooms.find)
    return rooms


def test_stages_run_in_order_on_the_newest_rows(tmp_path: Path) -> None:
    """Whatever the order of the tables; keys are options, and the recipe is kept beside the rows."""
    text = (
        'name = "n"\n[rank]\nkeep_student_wins = true\n[test]\n[sample]\nstudent = ["a", "b"]\n[problems]\ncount = 5\n'
    )

    rooms = _run(tmp_path, text)

    rows = {"problems": "tested.jsonl", "answers": "answers.jsonl"}
    assert rooms.calls == [
        {"stage": "problems", "count": 5, "out": "problems.jsonl"},
        {"stage": "sample", "problems": "problems.jsonl", "student": ("a", "b"), "out": "answers.jsonl"},
        {"stage": "test", **rows, "problems": "problems.jsonl", "out": "tested.jsonl"},
        {"stage": "rank", **rows, "keep_student_wins": True, "out": "ranked.jsonl"},
    ]
    assert (tmp_path / "n" / "recipe.toml").read_text() == text


def test_a_stage_may_be_left_out(tmp_path: Path) -> None:
    """Checks can be made without answers, and problems go through every stage that changes them."""
    rooms = _run(tmp_path, 'name = "n"\n[problems]\n[evolve]\n[test]\n[filter]\n')

    assert rooms.calls[1:] == [
        {"stage": "evolve", "in": "problems.jsonl", "out": "evolved.jsonl"},
        {"stage": "filter", "in": "evolved.jsonl", "out": "filtered.jsonl"},
        {"stage": "test", "problems": "filtered.jsonl", "out": "tested.jsonl"},
    ]


MISTAKES = {
    "[problems]\n": "has no name",
    "name = 1\n": "has no name",
    "name = ": "is not TOML",
    'name = "n"\n[rnak]\n': "unknown stage rnak",
    'name = "n"\nrank = 1\n': "unknown stage rank",
    'name = "n"\n[problems]\ncuont = 3\n': r"\[problems\].*cuont.*--count",
    'name = "n"\n[problems]\ncount = "many"\n': r"\[problems\].*many",
    'name = "n"\n[problems]\n[rank]\n': "rank reads answers",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_seen_before_anything_runs(text: str, tmp_path: Path) -> None:
    """With a hint."""
    with pytest.raises(ConfigError, match=MISTAKES[text]) as caught:
        _run(tmp_path, text)

    assert caught.value.hint
    assert not (tmp_path / "n").exists()


def test_a_missing_recipe_is_an_error_with_a_hint(tmp_path: Path) -> None:
    """Two lines."""
    with pytest.raises(ConfigError, match="no recipe"):
        read_data_recipe(tmp_path / "none.toml")


def test_the_recipe_that_ships_names_stages_that_there_are() -> None:
    """Its keys are checked when it is run."""
    recipe = read_data_recipe(Path(__file__).parents[3] / "training" / "recipes" / "data" / "ranked-families.toml")

    assert set(recipe.stages) <= set(STAGES)


def test_the_stages_of_this_room_run_from_a_recipe(tmp_path: Path) -> None:
    """`test` and `rank` themselves, on rows that stand-ins for the stages before them write."""
    rows = {"problems": hand_tasks(), "sample": hand_answers()}

    def find(name: str) -> click.Command:
        def write(out: str, **_: Any) -> None:
            append_rows(Path(out), map(to_json, rows[name]))

        if name not in rows:
            return train.get_command(click.Context(train), name) or click.Command(name)
        params: list[click.Parameter] = [click.Option([each]) for each in ("--out", "--problems")]
        return click.Command(name, params=params, callback=write)

    path = tmp_path / "r.toml"
    path.write_text('name = "n"\n[problems]\n[sample]\n[test]\nmin_votes = 2\n[rank]\nmax_candidates = 3\n')

    run = run_data_recipe(read_data_recipe(path), tmp_path, find)

    assert [len(row["candidates"]) for row in read_rows(run / "ranked.jsonl")] == [3] * 20


def test_the_command_names_the_stage_whose_options_are_wrong(tmp_path: Path) -> None:
    """`cairn train data` speaks as the stages do."""
    path = tmp_path / "r.toml"
    path.write_text('name = "n"\n[rank]\n')

    result = CliRunner().invoke(train, ["data", str(path), "--runs-dir", str(tmp_path)])

    assert isinstance(result.exception, ConfigError)
    assert "rank reads problems" in str(result.exception)
