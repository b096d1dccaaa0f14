"""MBPP as it is published: what its rows have that others do not, in measuring and in importing.

The rows are our own, made after the public form (google-research/mbpp: README, and the fields of its two files).
"""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from training.commands import train
from training.evaluation.commands import mbpp
from training.importing.mbpp import read_mbpp
from training.rows import Task, from_json

SHARED_LINES = "def shared(a, b):\r\n\tc = tuple(set(a) & set(b))\r\n\treturn (c) "
NODES = "class Node:\r\n    def __init__(self, value):\r\n        self.value = value\r\n        self.next = None\r\n"
ROWS: dict[str, dict[str, Any]] = {
    "tuples in and out, tabs and carriage returns in the code": {
        "code": SHARED_LINES,
        "test_list": [
            "assert shared((3, 4, 5),(5, 7, 4)) == (4, 5)",
            "assert set(shared((1, 2), (2, 3))) == set((2,))",
            "assert shared([1], [2])==()",
        ],
    },
    "sets as arguments and results": {
        "code": "def both(a, b):\r\n    return a & b",
        "test_list": ["assert both({1, 2}, {2}) == {2}", "assert both(set(), {2}) == set()"],
    },
    "floats, by == and by tolerance": {
        "code": "import math\r\ndef area(r):\r\n    return math.pi * r ** 2",
        "test_list": [
            "assert area(1) == 3.141592653589793",
            "assert math.isclose(area(10), 314.15926, rel_tol=0.001)",
            "assert abs(area(2) - 12.566) < 1e-3",
        ],
        "test_imports": ["import math"],
    },
    "truth by ==, by itself and by not": {
        "code": "def is_even(n):\r\n    return n % 2 == 0",
        "test_list": ["assert is_even(2)==True", "assert is_even(4)", "assert not is_even(3)", "assert is_even(5)==0"],
    },
    "objects that the setup builds": {
        "code": NODES + "def length(node):\r\n    return 1 + length(node.next) if node else 0",
        "test_setup_code": "first = Node(1) \r\nfirst.next = Node(2)",
        "test_list": ["assert length(first) == 2", "assert length(None) == 0"],
    },
    "helpers before the function, and a class of another name": {
        "code": "class A:\r\n  pass\r\ndef half(x):\r\n  return x / 2\r\ndef quarter(x):\r\n  return half(half(x))",
        "test_list": ["assert quarter(10) == 2.5", "assert quarter(4) == 1"],
    },
    "parentheses around results, strings with quotes": {
        "code": "def found(text):\r\n  if text[0] == 'a':\r\n      return 'A match!'\r\n  return ('No match!')",
        "test_list": ["assert found(\"ac\")==('A match!')", "assert found('it\\'s')==('No match!')"],
    },
}  # fmt: skip
STRONG = [2, 2, 3, 4, 1, 2, 2]
"""Checks of each row that are judged from outside."""


def full(number: int, row: dict[str, Any]) -> dict[str, Any]:
    """A row of mbpp.jsonl: `text`, setup and challenges; imports are part of the setup there."""
    setup = row.get("test_setup_code", "\n".join(row.get("test_imports", ())))
    tests = {"test_list": row["test_list"], "challenge_test_list": ["assert unheard_of(1) == 2"]}
    return {"text": "Write it.", "code": row["code"], "task_id": number, "test_setup_code": setup} | tests


def sanitized(number: int, row: dict[str, Any]) -> dict[str, Any]:
    """An item of sanitized-mbpp.json: `prompt`, imports; no setup and no challenges."""
    imports = [*row.get("test_imports", ()), *row.get("test_setup_code", "").splitlines()]
    others = {"source_file": "Benchmark Questions Verification V2.ipynb", "task_id": number}
    return others | {"prompt": "Write it.", "code": row["code"], "test_imports": imports, "test_list": row["test_list"]}


@pytest.fixture(params=["full", "sanitized"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """All rows in one of the two forms."""
    if request.param == "full":
        path = tmp_path / "mbpp.jsonl"
        path.write_text("".join(json.dumps(full(each, row)) + "\n" for each, row in enumerate(ROWS.values(), 11)))
    else:
        path = tmp_path / "sanitized-mbpp.json"
        path.write_text(json.dumps([sanitized(each, row) for each, row in enumerate(ROWS.values(), 11)], indent=2))
    return path


def evaluated(*arguments: object) -> dict[str, Any]:
    result = CliRunner().invoke(mbpp, [*map(str, arguments), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_all_solutions_pass_their_tests(file: Path) -> None:
    """Whatever stands in them; what needs an object of the program's own is judged beside it, and weak."""
    found = evaluated("--data", file, "--reference")

    assert found["outcomes"]["passes_all"] == len(ROWS)
    assert found["num_weak_passes"] == 1


def test_programs_that_return_the_like_of_it_fail(file: Path, tmp_path: Path) -> None:
    """Lists for tuples, and nothing at all: what `==` refuses."""
    wrong = {
        11: ("def shared(a, b):\r\n    return sorted(set(a) & set(b))", "fails_some"),
        12: ("def both(a, b):\n    return list(a & b)", "fails_some"),
        13: ("def area(r):\n    return 3.1 * r * r", "fails_some"),
        14: ("def is_even(n):\n    return None", "fails_some"),
        15: ("def length(node):\n    return 2", "runtime_error"),  # no Node: the setup fails
        16: ("def quarter(x):\n    return x // 4", "fails_some"),
        17: ("def found(text):\n  return ('A match!',)", "fails_some"),
    }
    samples = tmp_path / "samples.jsonl"
    rows = [{"task_id": f"Mbpp/{number}", "solution": program} for number, (program, _) in wrong.items()]
    samples.write_text("".join(json.dumps(row) + "\n" for row in rows))
    results = tmp_path / "results.jsonl"

    evaluated("--data", file, "--samples", samples, "--results", results)

    outcomes = [json.loads(line)["result"] for line in results.read_text("utf-8").splitlines()]
    assert outcomes == [outcome for _, outcome in wrong.values()]


def test_imported_checks_are_strong_where_calls_and_results_are_literals(file: Path, tmp_path: Path) -> None:
    """Tuples, sets, floats and tolerances too; `set(f(…))` and objects stay asserts, behind what they need."""
    out = tmp_path / "problems.jsonl"
    done = CliRunner().invoke(train, ["import", str(file), "--form", "mbpp", "--out", str(out), "--json"])
    tasks = [from_json(json.loads(line), Task) for line in out.read_text("utf-8").splitlines()]

    assert json.loads(done.stdout)["refuted_by_reference"] == []
    assert [sum(check.trust == "strong" for check in task.checks) for task in tasks] == STRONG
    assert [task.entry_point for task in tasks] == ["shared", "both", "area", "is_even", "length", "quarter", "found"]
    weak = [check.statement for task in tasks for check in task.checks if check.trust == "weak"]
    assert [each.splitlines()[-1] for each in weak] == [
        "assert set(shared((1, 2), (2, 3))) == set((2,))",
        "assert length(first) == 2",
    ]
    assert weak[1].startswith("first = Node(1)")


def test_challenges_are_neither_shown_nor_run(tmp_path: Path) -> None:
    """Others report the three asserts of `test_list`; a challenge may even call what is not there."""
    path = tmp_path / "mbpp.jsonl"
    path.write_text(json.dumps(full(11, next(iter(ROWS.values())))) + "\n")

    (problem,) = read_mbpp(path)

    assert evaluated("--data", path, "--reference")["outcomes"]["passes_all"] == 1
    assert "unheard_of" not in problem.description + problem.setup
