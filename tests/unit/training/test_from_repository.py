"""A repository as a source of problems: what is cut out, what becomes a check, and what is left alone."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.errors import InputError
from assistant.sandbox.programs import Job, ProgramRunner
from training.answering.programs import program_answer
from training.repository.functions import find_functions
from training.repository.mine import Mined, mine
from training.repository.modules import read_modules
from training.rows import Task

needs_box = pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed")

TEXT = '''\
"""Words."""
import re
from collections import Counter as Tally

from .rules import ENDINGS, is_vowel as vowel
from . import rules

LIMIT = 3
_WORD = re.compile("[a-z]+")


def words(text):
    """The words of a text, in lower case and in order."""
    found = _WORD.findall(text.lower())
    return found[:LIMIT]


def most_common(text):
    """The word that a text has most often; the first of several."""
    counts = Tally(words(text))
    return max(counts, key=counts.get) if counts else None


def plural(word):
    """The plural of an English word."""
    for ending, plural_ending in ENDINGS:
        if word.endswith(ending) and not vowel(word[-2:-1]):
            return word[: -len(ending)] + plural_ending
    return word + "s"


def by_module(word):
    """Uses a module of its package, which no program on its own has."""
    found = rules.is_vowel(word)
    return [found]


def silent(word):
    found = [word]
    return found


def streamed(word):
    """Gives letters one by one."""
    for letter in word:
        yield letter


def counted(word):
    """Changes what its module holds."""
    global LIMIT
    LIMIT += 1
    return LIMIT
'''
RULES = '''\
ENDINGS = (("y", "ies"), ("s", "ses"))


def is_vowel(letter):
    """Whether a letter is a vowel."""
    return letter in "aeiou"
'''
TESTS = """\
from words.text import most_common, plural, words


def test_words():
    assert words("A b, C d") == ["a", "b", "c"]
    assert words("") == []
    assert words("one two") == ["one", "two"]


def test_most_common():
    assert most_common("a b b") == "b"
    assert most_common("") is None
    assert most_common("c a b") == "c"


def test_plural():
    assert [plural(each) for each in ("city", "day", "bus", "cat")] == ["cities", "days", "buss", "cats"]
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    package = tmp_path / "repository" / "src" / "words"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "text.py").write_text(TEXT)
    (package / "rules.py").write_text(RULES)
    tests = tmp_path / "repository" / "tests"
    tests.mkdir()
    (tests / "test_text.py").write_text(TESTS)
    return tmp_path / "repository"


def mined(repository: Path, runner: ProgramRunner) -> Mined:
    return mine(repository, Path(sys.executable), runner)


def tasks(found: Mined) -> dict[str, Task]:
    return {task.entry_point: task for task in found.tasks}


def test_a_function_is_cut_out_with_what_it_needs_and_no_more(repository: Path) -> None:
    functions = {each.name: each for each in find_functions(read_modules(repository)).functions}

    program = functions["plural"].slice.program
    names: dict[str, object] = {}
    exec(program, names)  # noqa: S102 - our own text above
    assert callable(names["plural"])
    assert names["plural"]("city") == "cities"
    assert "ENDINGS" in program
    assert "re.compile" not in program


def test_the_body_is_not_in_the_prompt(repository: Path) -> None:
    functions = {each.name: each for each in find_functions(read_modules(repository)).functions}

    prompt = functions["most_common"].prompt
    assert prompt.endswith('"""The word that a text has most often; the first of several."""\n')
    assert "from collections import Counter as Tally" in prompt
    assert "def words(text):" in prompt
    assert "max(counts" not in prompt


def test_what_cannot_be_asked_for_is_counted_by_its_reason(repository: Path) -> None:
    found = find_functions(read_modules(repository))

    assert {each.name for each in found.functions} == {"words", "most_common", "plural"}
    assert dict(found.left_out) == {
        "uses a module of its package": 1,
        "has no docstring": 1,
        "returns no value but a stream": 1,
        "changes its module": 1,
        "is shorter than 2 lines or longer than 60": 1,
    }


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ("import numpy", "needs another package"),
        ("from numpy import *", "uses names that its module does not show"),
        ("", "uses names that its module does not show"),
        ("\n".join(["numpy = ["] + ["    1,"] * 200 + ["]"]), "needs too much around it"),
        ("def numpy():\n    global x\n    x = 1", "changes its module"),
    ],
)
def test_what_does_not_stand_alone_is_left_out(before: str, reason: str, tmp_path: Path) -> None:
    function = 'def f(x):\n    """Says something about x."""\n    y = numpy\n    return y\n'
    (tmp_path / "module.py").write_text(f"{before}\n\n\n{function}")

    found = find_functions(read_modules(tmp_path))

    assert not found.functions
    assert reason in found.left_out


@pytest.mark.parametrize(
    "text", ["def f(:", "\x00", "x = " + "(" * 500 + ")" * 500, "def f():\n    return (yield)\n", "\ufeffx = 1\n", ""]
)
def test_any_text_is_read_or_passed_over(text: str, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(text)

    find_functions(read_modules(tmp_path))


@needs_box
def test_what_tests_call_becomes_strong_checks(repository: Path, runner: ProgramRunner) -> None:
    found = tasks(mined(repository, runner))

    plural = found["plural"]
    assert {(check.inputs, check.expected) for check in plural.checks} == {
        (("city",), '"cities"'),
        (("day",), '"days"'),
        (("bus",), '"buss"'),
        (("cat",), '"cats"'),
    }
    assert {check.trust for check in plural.checks} == {"strong"}
    assert plural.checks[0].provenance.details["test"] == "tests/test_text.py::test_plural"


@needs_box
def test_a_reference_passes_its_checks_where_there_is_no_repository(repository: Path, runner: ProgramRunner) -> None:
    for task in mined(repository, runner).tasks:
        inputs = tuple(check.inputs or () for check in task.checks)
        (results,) = runner.run_all([Job(program=task.reference, entry_point=task.entry_point, inputs=inputs)])
        assert list(results.values) == [check.expected for check in task.checks]


@needs_box
def test_the_repository_stays_as_it_is_and_its_tests_reach_nothing(
    repository: Path, runner: ProgramRunner, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    canary.write_text("whole")
    hostile = f"""\
import pathlib, socket
def test_writes():
    for place in ({str(canary)!r}, {str(repository / "src" / "words" / "text.py")!r}):
        try:
            pathlib.Path(place).write_text("broken")
        except OSError:
            pass
def test_has_no_network():
    try:
        socket.create_connection(("127.0.0.1", 9), timeout=1)
    except OSError as error:
        assert error.errno in (101, 111)
"""
    (repository / "tests" / "test_hostile.py").write_text(hostile)
    before = {file: file.read_bytes() for file in repository.rglob("*") if file.is_file()}

    assert len(mined(repository, runner).tasks) == 3

    assert canary.read_text() == "whole"
    assert {file: file.read_bytes() for file in repository.rglob("*") if file.is_file()} == before


@needs_box
def test_a_call_that_depends_on_more_than_its_arguments_is_no_check(repository: Path, runner: ProgramRunner) -> None:
    """The test changes what the module holds; alone the function returns something else."""
    test = "from words import text\ndef test_more():\n    text.LIMIT = 1\n    text.words('x y')\n    text.LIMIT = 3\n"
    (repository / "tests" / "test_more.py").write_text(test)

    found = tasks(mined(repository, runner))

    assert ("x y",) not in {check.inputs for check in found["words"].checks}


@needs_box
def test_tests_that_fail_or_do_not_import_leave_the_others(repository: Path, runner: ProgramRunner) -> None:
    (repository / "tests" / "test_broken.py").write_text("import a_package_that_is_not_there\n")
    (repository / "tests" / "test_failing.py").write_text("def test_failing():\n    assert False\n")

    found = mined(repository, runner)

    assert len(found.tasks) == 3
    assert "1 failed" in found.tests


@needs_box
def test_a_repository_without_tests_that_pass_is_an_error(repository: Path, runner: ProgramRunner) -> None:
    (repository / "tests" / "test_text.py").write_text("def test_failing():\n    assert False\n")

    with pytest.raises(InputError, match="do not run: 1 failed"):
        mined(repository, runner)


def test_a_folder_without_functions_is_an_error(tmp_path: Path, runner: ProgramRunner) -> None:
    with pytest.raises(InputError, match="no function that can be asked for"):
        mined(tmp_path, runner)
    with pytest.raises(InputError, match="is no folder"):
        mined(tmp_path / "missing", runner)


@needs_box
def test_the_command_writes_problems_that_programs_can_answer(repository: Path, tmp_path: Path) -> None:
    out = tmp_path / "problems.jsonl"
    command = [sys.executable, "-m", "assistant", "train", "from-repo", str(repository), "--out", str(out), "--json"]
    counts = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert counts["problems"] == len(out.read_text().splitlines()) == 3
    assert counts["functions"] == 8


@needs_box
def test_a_program_of_no_skill_slips_in_the_function_alone(repository: Path, runner: ProgramRunner) -> None:
    task = tasks(mined(repository, runner))["plural"]

    right, wrong = program_answer(task, 1.0, 0), {program_answer(task, 0.0, seed) for seed in range(20)}

    assert right == task.reference
    assert right not in wrong
    assert len(wrong) > 3
    before = right[: right.index("def plural")]
    assert all(program.startswith(before) for program in wrong)
