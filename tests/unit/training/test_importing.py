"""Public data sets become problems: what is a call with its result, and what stays an assert."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import InputError
from assistant.sandbox.programs import Job, ProgramRunner
from assistant.sandbox.values import canonical_text
from training.commands import train
from training.importing.asserts import Draft, cases_of, split_asserts
from training.importing.confirm import confirm
from training.importing.humaneval import read_humaneval
from training.rows import Check, Task, from_json

SHARED = Path(__file__).parents[4] / "shared" / "data"
needs_data = pytest.mark.skipif(not SHARED.exists(), reason="the shared data sets are not here")


@pytest.mark.parametrize(
    ("statement", "arguments", "value"),
    [
        ("assert f(1, [2, -3.5], 'x') == True", (1, [2, -3.5], "x"), True),
        ("assert f() == (1, 2), 'message'", (), (1, 2)),
        ("assert f({'a': [None]}) is None", ({"a": [None]},), None),
        ("assert f((1, 2), {1: {2}}, b'x') == {1, 2}", ((1, 2), {1: {2}}, b"x"), {1, 2}),
        ("assert f([1] * 2)", ([1, 1],), True),
        ("assert not f(1)", (1,), False),
        ("assert abs(f(1) - 2) < 1e-6", (1,), 2.0),
    ],
)
def test_a_call_with_literals_and_a_literal_result_is_a_case(statement: str, arguments: Any, value: Any) -> None:
    """Of whatever built-in types: they arrive as what they are."""
    (case,) = cases_of(statement, "f")

    assert (case.arguments(), case.expected) == (arguments, canonical_text(value))


@pytest.mark.parametrize(
    "statement",
    [
        "assert f(x=1) == 1",
        "assert f(*[1]) == 1",
        "assert f(1) == g(1)",
        "assert f(1) < 2",
        "assert f(1) is 1",
        "assert 1 < f(1) == 2",
        "assert g(1) == 2",
        "assert set(f(1)) == {2}",
        "assert f(1) == 1; assert f(2) == 2",
        "for x in y: assert f(x) == 1",
        "assert f(",
        "",
    ],
)
def test_any_other_assert_is_none(statement: str) -> None:
    """What must be computed, and what compares otherwise, stays a statement."""
    assert cases_of(statement, "f") == ()


@given(st.text(max_size=60))
def test_any_text_is_read_as_a_case_or_as_none(text: str) -> None:
    """Files are other people's."""
    assert cases_of(text, "f") == () or text.lstrip().startswith("assert")


def test_a_body_of_asserts_is_taken_apart_and_any_other_is_kept_whole() -> None:
    """`assert True` and messages alone say nothing."""
    asserts = (
        "def check(candidate):\n    'doc'\n    assert True\n    assert candidate(1) == 2\n    assert candidate(1) < 3\n"
    )
    loop = "def check(candidate):\n    assert candidate(1) == 2\n    for x in (1, 2):\n        assert candidate(x)\n"

    assert split_asserts(asserts, "f") == (
        (Check.of_call((1,), "2"),),
        ("candidate = f\nassert candidate(1) < 3",),
    )
    assert split_asserts(loop, "f") == ((Check.of_call((1,), "2"),), (f"{loop.strip()}\n\ncheck(f)",))


def draft(reference: str, *cases: Check) -> Draft:
    """A task with its cases."""
    return Draft(id="t", prompt="p", entry_point="f", reference=reference, cases=cases, statements=())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return x + 1", [("2", [1]), ("3", [2])]),
        ("return x + 1.0", [('{"float": "0x1.0000000000000p+1"}', [1]), ('{"float": "0x1.8000000000000p+1"}', [2])]),
        ("return 2", [("2", [1])]),
        ("return 1 / (x - 1)", []),
        ("import decimal; return decimal.Decimal(x + 1)", []),
        ("import os; os._exit(0)", []),
        ("return [][0]", []),
        ("syntax error", []),
    ],
)
def test_a_case_is_kept_if_the_reference_agrees_and_holds_what_it_returned(
    runner: ProgramRunner, body: str, expected: list[tuple[str, list[int]]]
) -> None:
    """2 equals 2.0 in an assert; a check has one result. A value of a class that is not built in proves nothing."""
    cases = (Check.of_call((1,), "2"), Check.of_call((2,), "3"))

    imported = confirm([draft(f"def f(x):\n    {body}\n", *cases)], runner, "file", "MIT")

    found = [(check.expected, list(check.inputs or ())) for check in imported.tasks[0].checks]
    assert found == expected
    assert len(imported.refuted) == 2 - len(expected)


def import_(folder: Path, form: str, file: Path) -> tuple[list[Task], dict[str, Any]]:
    """The command's tasks and its result."""
    out = folder / "problems.jsonl"
    result = CliRunner().invoke(train, ["import", str(file), "--form", form, "--out", str(out), "--json"])
    assert result.exit_code == 0, result.output
    return [from_json(json.loads(line), Task) for line in out.read_text("utf-8").splitlines()], json.loads(
        result.output
    )


@needs_data
def test_humaneval_becomes_problems_whose_references_pass_their_checks(tmp_path: Path, runner: ProgramRunner) -> None:
    """All 164; 1,117 of 1,134 checks are strong, in 159 of them; the reference passes each."""
    tasks, result = import_(tmp_path, "humaneval", SHARED / "humaneval" / "HumanEval.jsonl.gz")

    assert (len(tasks), result["with_strong_checks"], result["strong_checks"]) == (164, 159, 1117)
    assert result["refuted_by_reference"] == []
    for task in tasks:
        checks = [check for check in task.checks if check.inputs is not None]
        inputs = tuple(check.arguments() for check in checks)
        answer = runner.run_all([Job(program=task.reference, entry_point=task.entry_point, inputs=inputs, cpu_s=5)])[0]
        assert all(check.accepts(value) for check, value in zip(checks, answer.values, strict=True))
        for check in task.checks:
            compile(check.statement, task.id, "exec")


@needs_data
def test_codealpaca_becomes_problems_with_its_licence(tmp_path: Path) -> None:
    """An output is a reference if it is Python with a function; the licence is in every row."""
    tasks, result = import_(tmp_path, "codealpaca", SHARED / "codealpaca" / "code_alpaca_2k.json")

    assert (len(tasks), len({task.id for task in tasks})) == (2017, 2017)
    assert 0 < result["with_reference"] < 1000
    assert all("NC" in task.provenance.details["licence"] for task in tasks)
    assert all("def " in task.reference for task in tasks if task.reference)


@pytest.mark.parametrize("form", ["full", "sanitized"])
def test_mbpp_becomes_problems_that_say_the_name(tmp_path: Path, form: str) -> None:
    """What is no call of literals stays an assert, behind what it needs; the rest are calls."""
    tests = ["assert area(2, 3) == 6", "assert area(*(2, 3)) == 6", "assert math.floor(area(1, 1)) == 1"]
    record: dict[str, Any] = {"task_id": 2, "code": "def area(a, b):\r\n    return a * b", "test_list": tests}
    if form == "full":
        record |= {"text": "Find the area.", "test_setup_code": "import math", "challenge_test_list": []}
    else:
        record |= {"prompt": "Find the area.", "test_imports": ["import math"], "source_file": "x"}
    (tmp_path / "mbpp.json").write_text(json.dumps(record) + "\n" if form == "full" else json.dumps([record]))

    (task,), result = import_(tmp_path, "mbpp", tmp_path / "mbpp.json")

    assert (task.id, task.entry_point, task.prompt) == (
        "MBPP/2",
        "area",
        "Find the area.\n\nCall the function `area`.",
    )
    assert [(check.inputs, check.expected) for check in task.checks if check.trust == "strong"] == [((2, 3), "6")]
    assert [check.statement for check in task.checks if check.trust == "weak"] == [
        f"import math\n{test}" for test in tests[1:]
    ]
    assert result["weak_checks"] == 2


@pytest.mark.parametrize(
    "text", ['[{"task_id": 1}]', '{"task_id": 5, "prompt": ""}', "[3]", "nothing", "\x00", "[" * 9000]
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    """With the number of the first record that is not of the form."""
    (tmp_path / "file").write_text(text)

    with pytest.raises(InputError):
        read_humaneval(tmp_path / "file")


def test_a_file_that_is_broken_or_absent_is_refused(tmp_path: Path) -> None:
    """A cut gzip file, no UTF-8, no file."""
    (tmp_path / "cut.gz").write_bytes(b"\x1f\x8b\x08\x00broken")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")

    for name in ("cut.gz", "bytes", "absent"):
        with pytest.raises(InputError, match=name):
            read_humaneval(tmp_path / name)
