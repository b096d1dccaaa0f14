"""Problems and answers in, checks and rankings out: whole, resumed, changed, and with a sandbox that fails."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from assistant.errors import InputError
from assistant.sandbox.programs import Job, ProgramRunner, Results
from tests.hand_tasks import hand_answers, hand_tasks
from tests.rank_rows import BrokenEngine, answer, strong, task
from training.checks.making import Making
from training.checks.stage import check_tasks, make_checks
from training.commands import train
from training.execution.engines import LocalEngine
from training.jsonl import append_rows, read_rows
from training.ranking.order import Rules
from training.ranking.stage import rank_answers, rank_tasks
from training.rows import Ranked, from_json, to_json
from training.tables import answers_by_task, read_tasks

VARYING = {"cpu_ms", "memory_bytes", "reference_cpu_ms"}


class NoEngine:
    """Nothing may run."""

    def run_all(self, jobs: Sequence[Job]) -> list[Results | None]:
        raise AssertionError(jobs)


def _settled(path: Path) -> list[dict[str, Any]]:
    """The rows of a file without what two runs measure differently."""
    return [_without(row) for row in read_rows(path)]


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without(each) for key, each in value.items() if key not in VARYING}
    return [_without(each) for each in value] if isinstance(value, list) else value


def _write(path: Path, rows: Sequence[Any]) -> Path:
    append_rows(path, [to_json(row) for row in rows])
    return path


@pytest.fixture
def problems(tmp_path: Path) -> Path:
    return _write(tmp_path / "problems.jsonl", hand_tasks())


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    return _write(tmp_path / "answers.jsonl", hand_answers())


def test_every_answer_of_twenty_tasks_finds_its_place(problems: Path, answers: Path, tmp_path: Path) -> None:
    """Examples, asserts, the reference or agreement check them; the classes, and so the order, are as written."""
    tested, out = tmp_path / "tested.jsonl", tmp_path / "ranked.jsonl"

    made = make_checks(problems=problems, answers=answers, out=tested, min_votes=2)
    report: Any = rank_answers(problems=tested, answers=answers, out=out, max_candidates=5)

    assert (made["num_tasks"], made["num_with_strong_checks"], made["num_refused_checks"]) == (20, 20, 0)
    assert set(made["checks_by_method"]) == {"doctest", "differential", "agreement"}  # the asserts repeat the examples
    rows = [from_json(row, Ranked) for row in read_rows(out)]
    kinds = [[each.answer.id.rsplit("/", 1)[1] for each in row.candidates] for row in rows]
    assert kinds == [["teacher", "right", "wrong", "crash", "broken"]] * 20
    assert {row.rewards for row in rows} == {(3.5, 3.0, 2.0, 1.0, 0.0)}
    assert report["sources"]["teacher"]["classes"]["passes_all"] == 1.0
    assert set(report["sources"]["student"]["classes"].values()) == {0.25}


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_killed_run_goes_on_to_the_same_files(
    share: float, problems: Path, answers: Path, tmp_path: Path, runner: ProgramRunner
) -> None:
    """Wherever the kill tore a file, and in whatever order problems and answers come."""
    engine = LocalEngine(runner)
    whole = _run(tmp_path / "whole", problems, answers, engine)
    torn = tmp_path / "torn"
    torn.mkdir()
    for name in ("tested.jsonl", "ranked.judged.jsonl"):
        data = (whole / name).read_bytes()
        (torn / name).write_bytes(data[: int(share * len(data))])
    shuffled = _write(tmp_path / "shuffled.jsonl", random.Random(0).sample(hand_answers(), 100))

    resumed = _run(torn, problems, shuffled, engine)

    for name in ("tested.jsonl", "ranked.jsonl", "ranked.dropped.jsonl"):
        assert _settled(resumed / name) == _settled(whole / name)


def _run(folder: Path, problems: Path, answers: Path, engine: LocalEngine) -> Path:
    tested = folder / "tested.jsonl"
    check_tasks(problems, answers, tested, Making(num_generated=2), engine)
    rank_tasks(read_tasks(tested), answers_by_task(answers), folder / "ranked.jsonl", Rules(), engine)
    return folder


def test_another_rule_runs_no_program(tmp_path: Path) -> None:
    """And another check, or another program under the same id, runs again."""
    tasks, out = [task("t", strong(1, expected="1"))], tmp_path / "ranked.jsonl"
    given = {"t": [answer("a", "x = 1"), answer("b", "x = 2", "teacher")]}
    rank_tasks(tasks, given, out, Rules(), BrokenEngine("never"))

    rank_tasks(tasks, given, out, Rules(teacher_first=False), NoEngine())
    assert [row["rewards"] for row in read_rows(out)] == [[3.0, 3.0]]

    engine = BrokenEngine("never")
    rank_tasks([task("t", strong(2, expected="1"))], given, out, Rules(), engine)
    rank_tasks(tasks, {"t": [answer("a", "x = 3"), given["t"][1]]}, out, Rules(), engine)
    assert [job.program for job in engine.jobs] == ["x = 1", "x = 2", "x = 3"]


def test_an_answer_whose_sandbox_failed_is_masked_and_run_again_next_time(tmp_path: Path) -> None:
    """It has no class, no reward and no row."""
    tasks, out = [task("t", strong(1, expected="1"))], tmp_path / "ranked.jsonl"
    given = {"t": [answer("a", "x = 1"), answer("b", "x = 2"), answer("c", "unlucky")]}

    report: Any = rank_tasks(tasks, given, out, Rules(), BrokenEngine("unlucky"))

    assert (report["sources"]["student"]["masked"], report["sources"]["student"]["num_answers"]) == (1, 3)
    (row,) = read_rows(out)
    assert [each["answer"]["id"] for each in row["candidates"]] == ["a", "b"]
    engine = BrokenEngine("never")
    rank_tasks(tasks, given, out, Rules(), engine)
    assert [job.program for job in engine.jobs] == ["unlucky"]


def test_a_task_whose_reference_could_not_run_waits_for_the_next_run(tmp_path: Path) -> None:
    """No row is better than one without checks."""
    problems = _write(tmp_path / "p.jsonl", [task("t", strong(1, expected="1"), reference="unlucky")])
    out = tmp_path / "tested.jsonl"

    check_tasks(problems, None, out, Making(), BrokenEngine("unlucky"))
    assert read_rows(out) == []

    check_tasks(problems, None, out, Making(num_generated=0), BrokenEngine("never"))
    assert [row["id"] for row in read_rows(out)] == ["t"]


def test_what_the_reference_fails_is_refused(tmp_path: Path) -> None:
    """A wrong example in a prompt, or a wrong check that a task came with."""
    wrong = task("t", strong(1, expected="5"), reference="def solve(x):\n    return 1\n", prompt=">>> solve(2)\n4\n")
    problems, out = _write(tmp_path / "p.jsonl", [wrong]), tmp_path / "tested.jsonl"

    report = make_checks(problems=problems, out=out, num_generated=0)

    assert (report["num_refused_checks"], report["num_with_strong_checks"]) == (2, 0)


def test_a_teachers_assert_counts_only_if_its_own_answer_passes(tmp_path: Path, runner: ProgramRunner) -> None:
    """Strong ones and weak ones alike; a student's asserts never count."""
    code = "def solve(x):\n    return x + 1\n"
    claims = (
        "assert solve(1) == 2\nassert solve(1) == 3\nassert solve(2)\nassert str(solve(1)) == '2'\nassert len(solve(1))"
    )
    given = [answer("a", code, "teacher", text=code + claims), answer("b", code, text="assert solve(9) == 10")]
    out = tmp_path / "tested.jsonl"

    check_tasks(
        _write(tmp_path / "p.jsonl", [task("t")]),
        _write(tmp_path / "a.jsonl", given),
        out,
        Making(num_generated=0),
        LocalEngine(runner),
    )

    (row,) = read_tasks(out)
    assert [(each.inputs, each.expected, each.statement) for each in row.checks] == [
        ((1,), "2", ""),
        (None, "", "assert str(solve(1)) == '2'"),
    ]
    assert {each.provenance and each.provenance.source for each in row.checks} == {"teacher"}


def test_the_commands_print_their_report_as_json(problems: Path, answers: Path, tmp_path: Path) -> None:
    """And a table for people."""
    tested, ranked = str(tmp_path / "t.jsonl"), str(tmp_path / "r.jsonl")
    rows = ["--answers", str(answers)]

    test = CliRunner().invoke(train, ["test", "--problems", str(problems), *rows, "--out", tested, "--json"])
    rank = CliRunner().invoke(train, ["rank", "--problems", tested, *rows, "--out", ranked, "--json"])
    table = CliRunner().invoke(train, ["rank", "--problems", tested, *rows, "--out", ranked, "--pair"])

    assert json.loads(test.stdout)["num_tasks"] == 20
    assert json.loads(rank.stdout)["num_ranked"] == 20
    assert "passes" in table.stdout
    assert {len(row["candidates"]) for row in read_rows(Path(ranked))} == {2}


def test_a_row_of_another_form_is_named(tmp_path: Path) -> None:
    """Two lines: which file, and what its rows should be."""
    path = tmp_path / "p.jsonl"
    append_rows(path, [{"id": 1}])

    with pytest.raises(InputError, match="required field missing"):
        make_checks(problems=path, out=tmp_path / "o.jsonl")
    with pytest.raises(InputError, match="no file"):
        make_checks(problems=tmp_path / "none.jsonl", out=tmp_path / "o.jsonl")
