"""What of a benchmark is found in a row, what is not, and what is innocent."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import InputError
from assistant.sandbox.programs import ProgramRunner
from training.dedup import words
from training.filtering.benchmarks import BenchmarkTask, Suite, read_suite
from training.filtering.contamination import Detector, Match, Row
from training.problems import draw_problems

SHARED = Path(__file__).parents[4] / "shared" / "data"
HUMANEVAL = SHARED / "humaneval" / "HumanEval.jsonl.gz"
INFILLING = SHARED / "infilling" / "HumanEval-SingleLineInfilling.jsonl.gz"
CODEALPACA = SHARED / "codealpaca" / "code_alpaca_2k.json"
needs_data = pytest.mark.skipif(not SHARED.exists(), reason="the shared data sets are not here")

PROMPT = '''from typing import List


def longest_plateau(heights: List[int]) -> int:
    """ A plateau is a stretch of equal neighbours in a mountain profile. Return how long the widest
    plateau of the profile is, and zero for an empty profile.
    >>> longest_plateau([1, 2, 2, 3])
    2
    """
'''
BODY = """    best = run = 0
    for place, height in enumerate(heights):
        run = run + 1 if place and heights[place - 1] == height else 1
        best = max(best, run)
    return best
"""
RENAMED = """def widest(profile):
    '''Other words altogether.'''
    record = streak = 0   # comments are no part of it
    for i, h in enumerate( profile ):
        streak = (streak + 1 if i and profile[i-1] == h else 1)
        record = max(record, streak)
    return record
"""


def task(number: int, prompt: str, body: str, entry_point: str, description: str) -> BenchmarkTask:
    """A made-up one."""
    return BenchmarkTask(
        task_id=f"Toy/{number}", entry_point=entry_point, description=description, prompt=prompt, program=prompt + body
    )


@pytest.fixture(scope="module")
def detector() -> Detector:
    """A suite of one telling task, and of twenty that share their boilerplate."""
    description = PROMPT.split('"""')[1].split(">>>")[0]
    plateau = task(0, PROMPT, BODY, "longest_plateau", description)
    others = [
        task(
            number,
            f'from typing import List\nfrom math import sqrt, floor\n\ndef f{number}(xs: List[int]):\n    """Sum."""\n',
            f"    # check some edge cases that are easy to work out by hand\n    return sum(xs) + {number}\n",
            f"f{number}",
            "Sum.",
        )
        for number in range(1, 21)
    ]
    return Detector(Suite(name="toy", file="toy.jsonl", tasks=(plateau, *others)))


def rules(detector: Detector, **texts: str) -> set[str]:
    """By which rules the row gives the first task away."""
    return {match.rule for match in detector.find(Row(texts)) if match.task_id == "Toy/0"}


def sentence() -> str:
    """From the middle of the description."""
    return "a stretch of equal neighbours in a mountain profile. Return how long the widest"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda text: text, {"run", "whole", "program", "name"}),
        (str.upper, {"run", "whole", "name"}),
        (lambda text: text.replace(" ", "\n  "), {"run", "whole", "name"}),
        (lambda text: text.replace("_", ""), {"run", "whole", "program"}),
        (lambda text: "\n".join(f"> {line}" for line in text.splitlines()), {"run", "whole", "name"}),
        (lambda text: f"Kindly solve this.\n\n```python\n{text}```\nThank you.", {"run", "whole", "program", "name"}),
    ],
    ids=["as it is", "upper case", "other spaces", "no underscores", "quoted", "in a letter"],
)
def test_a_copy_is_found_under_other_case_spaces_and_frames(detector: Detector, change: Any, found: set[str]) -> None:
    """By words whatever the layout; by shape while it is Python."""
    assert found <= rules(detector, prompt=change(PROMPT + BODY)) | {"name"}
    assert rules(detector, prompt=change(PROMPT + BODY)) & {"run", "whole", "program"} == found - {"name"}


def test_a_solution_is_found_under_other_names(detector: Detector) -> None:
    """Names, comments, docstrings, spaces and brackets are no part of a shape."""
    assert rules(detector, code=RENAMED) == {"program"}
    assert rules(detector, code="class A:\n" + RENAMED.replace("def", "    def").replace("\n", "\n    ")) == {"program"}


@pytest.mark.parametrize(
    "change", [("max(record, streak)", "min(record, streak)"), ("else 1", "else 2"), ("i-1", "i+1"), ("==", "!=")]
)
def test_a_program_that_does_something_else_has_another_shape(detector: Detector, change: tuple[str, str]) -> None:
    """Constants, operators and the functions that it calls count."""
    assert rules(detector, code=RENAMED.replace(*change)) == set()


def test_a_piece_of_the_description_is_found_in_a_longer_task(detector: Detector) -> None:
    """As an evolved problem keeps it: ten words in a row, with the place where they stand."""
    text = f"You are a geographer. Given {sentence()} one is, in linear time."

    match = next(match for match in detector.find(Row({"prompt": text})))

    assert (match.rule, match.task_id, match.field) == ("run", "Toy/0", "prompt")
    assert text[match.start : match.end] == sentence()


def test_a_paraphrase_is_found_by_the_function_s_name(detector: Detector) -> None:
    """With most of the description's telling words in any order; under another name it is not found."""
    text = "In a mountain profile, equal neighbours are a plateau. Write {}: the widest stretch, how long it is."

    assert rules(detector, prompt=text.format("longest_plateau")) == {"name"}
    assert rules(detector, prompt=text.format("widest_flat")) == set()


@pytest.mark.parametrize(
    "text",
    [
        "from typing import List\nfrom math import sqrt, floor\n\ndef g(xs: List[int]):\n    return 1",
        "# check some edge cases that are easy to work out by hand",
        "Return how long the profile is.",
        "longest_plateau",
        "",
    ],
)
def test_boilerplate_and_common_words_are_innocent(detector: Detector, text: str) -> None:
    """What is in many tasks tells nothing."""
    assert detector.find(Row({"prompt": text})) == []


@given(before=st.text(max_size=40), after=st.text(max_size=40))
def test_the_span_is_where_the_words_stand_whatever_is_around(detector: Detector, before: str, after: str) -> None:
    """Positions are characters of the text, also where lower case has another length."""
    text = f"{before} İ {sentence()} . {after}"

    match = next(match for match in detector.find(Row({"prompt": text})) if match.rule == "run")

    assert sentence() in text[match.start : match.end]


@needs_data
def test_every_task_of_humaneval_is_found_in_itself() -> None:
    """Whole, as prompt alone, and with its function under another name and no docstring where that is long enough."""
    suite = read_suite(HUMANEVAL)
    detector = Detector(suite)

    assert len(suite.tasks) == 164
    for each in suite.tasks:
        for text in (each.program, each.prompt):
            assert each.task_id in {match.task_id for match in detector.find(Row({"prompt": text}))}


@needs_data
def test_the_infilling_suites_count_each_function_once() -> None:
    """Their many holes are in HumanEval's programs, and idioms stay idioms."""
    infilling, humaneval = read_suite(INFILLING), read_suite(HUMANEVAL)

    assert infilling.name == "infilling"
    assert len(infilling.tasks) == 164
    assert [words(t.program) for t in infilling.tasks] == [words(t.program) for t in humaneval.tasks]


@needs_data
def test_generated_problems_are_not_taken_for_humaneval(runner: ProgramRunner) -> None:
    """Fifty of each old family, with all their solutions."""
    detector = Detector(read_suite(HUMANEVAL))

    for problem in draw_problems("train", 250, 0, runner):
        assert detector.find(Row({"prompt": problem.docstring, "code": "\n".join(problem.solutions)})) == []


@needs_data
def test_of_codealpaca_only_two_lists_that_everybody_writes_are_in_humaneval() -> None:
    """The number words and the Roman numerals: the known false positives."""
    detector = Detector(read_suite(HUMANEVAL))
    rows = [Row({"a": each["instruction"], "b": each["output"]}) for each in json.loads(CODEALPACA.read_text("utf-8"))]

    found: list[Match] = [match for row in rows for match in detector.find(row)]

    assert [(match.rule, match.task_id) for match in found] == [("run", "HumanEval/105"), ("run", "HumanEval/156")]


MBPP = {
    "text": "Write a function to count the hedgehogs in a nested garden.",
    "code": "def count_hedgehogs(garden):\n  return sum(map(len, garden))",
    "task_id": 7,
    "test_setup_code": "",
    "test_list": ["assert count_hedgehogs([[1], [2]]) == 2"],
    "challenge_test_list": [],
}
SANITIZED = {
    "source_file": "Benchmark.ipynb",
    "task_id": 7,
    "prompt": MBPP["text"],
    "code": MBPP["code"],
    "test_imports": [],
    "test_list": MBPP["test_list"],
}


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz", "json list"])
def test_mbpp_is_read_in_its_public_forms(tmp_path: Path, form: str) -> None:
    """The full JSONL, zipped or not, and the sanitized list."""
    path = tmp_path / "mbpp"
    text = json.dumps([SANITIZED]) if form == "json list" else json.dumps(MBPP) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if form == "jsonl.gz" else text.encode())

    suite = read_suite(path)

    assert (suite.name, suite.tasks[0].task_id, suite.tasks[0].entry_point) == ("mbpp", "MBPP/7", "count_hedgehogs")
    assert {match.rule for match in Detector(suite).find(Row({"prompt": MBPP["text"]}))} == {"run", "whole"}


@pytest.mark.parametrize(
    "text", ["", "[]", "[1]", '{"id": "x"}', "{", "[[", "\ufffd", '{"canonical_solution": 1, "test": 2}']
)
def test_a_file_that_is_no_benchmark_is_refused(tmp_path: Path, text: str) -> None:
    """In two lines, and never taken for an empty one."""
    (tmp_path / "file").write_text(text, "utf-8")

    with pytest.raises(InputError):
        read_suite(tmp_path / "file")
