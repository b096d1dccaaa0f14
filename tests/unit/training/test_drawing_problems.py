"""Problems on demand: distinct, deterministic, on one side, and a stopped run goes on as if it had not been."""

import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest

from assistant.errors import InputError
from assistant.sandbox.programs import ProgramRunner
from training.families.catalogue import FAMILIES, HELD_OUT, family_named
from training.families.drawing import SPLITS, Split, behaviour, draw_tasks
from training.families.stage import write_problems
from training.families.writing import combination
from training.jsonl import read_rows
from training.rows import Task, from_json, to_json

FIRST_200 = "2500911a8bfaf08edc6c664a28a87ed97efeac2ce9daf807782ce0cb44ffb56c"
"""SHA-256 of the first 200 train rows of seed 0. Changes with the families, never with the machine or the Python."""


@pytest.fixture(scope="module")
def drawn(runner: ProgramRunner) -> dict[Split, list[Task]]:
    """At least 150 tasks of every split."""
    return {split: draw(split, 150, runner) for split in SPLITS}


def draw(split: Split, count: int, runner: ProgramRunner, seed: int = 0) -> list[Task]:
    tasks: list[Task] = []
    for more in draw_tasks(split, seed, runner):
        tasks += more
        if len(tasks) >= count:
            break
    return tasks


def behaviours(tasks: list[Task]) -> Counter[str]:
    return Counter(
        behaviour(family_named(task.provenance.source), [check.expected for check in task.checks]) for task in tasks
    )


def combinations(tasks: list[Task]) -> set[str]:
    return {combination(family_named(task.provenance.source), task.provenance.details["parameters"]) for task in tasks}


def test_the_first_rows_of_a_seed_are_known(runner: ProgramRunner) -> None:
    """Everybody who draws with a seed gets these rows."""
    rows = [
        [task.id, task.prompt, task.reference, [[check.arguments(), check.expected] for check in task.checks]]
        for task in draw("train", 200, runner)[:200]
    ]

    text = "\n".join(json.dumps(row) for row in rows)
    assert hashlib.sha256(text.encode()).hexdigest() == FIRST_200


def test_problems_are_distinct_in_words_and_in_behaviour(drawn: dict[Split, list[Task]]) -> None:
    """Within a split; behaviour is judged on the inputs that all families of the same kinds share."""
    for tasks in drawn.values():
        assert len({task.id for task in tasks}) == len({task.prompt for task in tasks}) == len(tasks)
        assert max(behaviours(tasks).values()) == 1


def test_nothing_held_out_leaks_into_train(drawn: dict[Split, list[Task]]) -> None:
    """Neither a family, nor a combination of named parts, nor a behaviour in other words."""
    train, parameters, families = (drawn[split] for split in SPLITS)

    assert {task.provenance.source for task in train + parameters}.isdisjoint(HELD_OUT)
    assert {task.provenance.source for task in families} == HELD_OUT
    assert combinations(train).isdisjoint(combinations(parameters))
    assert set(behaviours(train)).isdisjoint(behaviours(parameters) | behaviours(families))


def test_every_task_has_strong_checks_that_no_constant_passes(drawn: dict[Split, list[Task]]) -> None:
    """Expected values are the reference's; the same one comes back on at most four inputs of five."""
    for task in (task for tasks in drawn.values() for task in tasks):
        assert {check.trust for check in task.checks} == {"strong"}
        assert max(Counter(check.expected for check in task.checks).values()) <= 0.8 * len(task.checks)


def test_a_row_says_where_it_came_from(drawn: dict[Split, list[Task]]) -> None:
    """Family, parameters, seed, split, level; and it survives the way through a file."""
    for split, tasks in drawn.items():
        for task in tasks:
            origin = task.provenance
            assert (origin.stage, origin.seed, origin.details["split"]) == ("families", 0, split)
            assert origin.details["level"] in (1, 2, 3)
            assert from_json(json.loads(json.dumps(to_json(task))), Task).id == task.id


def test_a_stopped_run_goes_on_to_the_same_file(tmp_path: Path) -> None:
    """Cut anywhere, even within a row."""
    whole, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    write_problems(whole, "train", 90, 5, num_workers=1)
    for length in (0, 20_000, 123_456):
        cut.write_bytes(whole.read_bytes()[:length])

        report = write_problems(cut, "train", 90, 5, num_workers=1)

        assert cut.read_bytes() == whole.read_bytes()
        assert report["rows"] == 90
    assert write_problems(cut, "train", 90, 5, num_workers=1)["new_rows"] == 0


def test_a_file_of_another_seed_is_refused(tmp_path: Path) -> None:
    """Rows of two draws in one file would not be distinct."""
    path = tmp_path / "problems.jsonl"
    write_problems(path, "train", 5, 1, num_workers=1)

    with pytest.raises(InputError, match="another split or seed"):
        write_problems(path, "train", 10, 2, num_workers=1)
    assert len(read_rows(path)) == 5


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_thousand_distinct_problems_come_from_every_family(tmp_path: Path) -> None:
    """In about equal shares: no family gives twice its part."""
    path = tmp_path / "problems.jsonl"

    report = write_problems(path, "train", 10_000, 0, num_workers=2)

    shares = Counter(row["provenance"]["source"] for row in read_rows(path))
    assert report["families"] == len(shares) == len(FAMILIES) - len(HELD_OUT)
    assert max(shares.values()) < 2 * 10_000 / len(shares)
