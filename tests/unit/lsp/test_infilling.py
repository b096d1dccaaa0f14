"""Holes of functions: asked for as an editor asks, judged by tests."""

import gzip
import json
from pathlib import Path

import pytest
from rich.progress import Progress

from assistant.errors import InputError
from assistant.protocol import FimRequest
from assistant.sandbox.programs import ProgramRunner
from lsp.infilling.answers import read_answers
from lsp.infilling.problems import Problem, read_problems
from lsp.infilling.run import evaluate
from lsp.infilling.scores import passing
from tests.fakes import ScriptedAssistant

DATA = Path(__file__).parents[4] / "shared" / "data" / "infilling"
ROWS = [
    {
        "task_id": "line",
        "prompt": "def double(x):\n",
        "suffix": "    return y\n",
        "canonical_solution": "    y = 2 * x\n",
        "test": "def check(candidate):\n    assert candidate(4) == 8\n",
        "entry_point": "double",
    },
    {
        "task_id": "span",
        "prompt": "def triple(x):\n    return 3",
        "suffix": "x\n",
        "canonical_solution": " * ",
        "test": "def check(candidate):\n    assert candidate(4) == 12\n",
        "entry_point": "triple",
    },
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two problems in a file."""
    file = tmp_path / "suite.jsonl.gz"
    file.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in ROWS).encode()))
    return file


def test_a_hole_of_whole_lines_is_an_empty_line(data: Path) -> None:
    """Its line break went with it; an editor's cursor stands on a line, and what follows is below."""
    line, span = read_problems(data)

    assert (line.hole.prefix, line.hole.suffix) == ("def double(x):\n", "\n    return y\n")
    assert (span.hole.prefix, span.hole.suffix) == ("def triple(x):\n    return 3", "x\n")


def test_what_stood_in_the_hole_passes_and_nothing_else_does(data: Path) -> None:
    """The tests decide; an endless loop fails like a wrong sum."""
    line, span = read_problems(data)
    pairs = [
        (line, "    y = 2 * x"),
        (line, "    y = x + x"),
        (line, "    y = x"),
        (line, "    while x: pass"),
        (span, ""),
    ]

    with ProgramRunner() as runner:
        assert passing(pairs, runner) == [True, True, False, False, False]


async def test_the_same_answer_is_scored_with_the_rules_and_without(data: Path) -> None:
    """The model goes on with the line that is there already; the rules cut it."""
    assistant = ScriptedAssistant("    y = 2 * x\n    return y\n")

    evaluation = await evaluate(assistant, data, ["psm"], limit=1, out=None, bar=Progress())

    on, off = evaluation.scores
    assert (on.has_rules, on.pass_at_1.value, on.exact_match.value) == (True, 1.0, 1.0)
    assert (off.has_rules, off.pass_at_1.value, off.exact_match.value) == (False, 1.0, 0.0)
    (request,) = assistant.requests
    assert isinstance(request, FimRequest)
    assert (request.order, request.temperature) == ("psm", 0.0)


async def test_what_was_answered_is_not_asked_again(data: Path, tmp_path: Path) -> None:
    """A run that was ended in the middle of a line goes on after the last whole one."""
    out = tmp_path / "answers.jsonl"
    await evaluate(ScriptedAssistant("    y = 2 * x"), data, ["spm"], limit=1, out=out, bar=Progress())
    with out.open("a") as file:
        file.write('{"model": "scripted", "task')

    second = ScriptedAssistant(" * ")
    evaluation = await evaluate(second, data, ["spm"], limit=None, out=out, bar=Progress())

    assert len(second.requests) == 1
    assert evaluation.scores[0].pass_at_1.value == 1.0
    assert [answer.task_id for answer in read_answers(out, "scripted")] == ["line", "span"]
    assert read_answers(out, "another model") == []


@pytest.mark.parametrize("text", ["", "not json", '{"task_id": 1}', "[1]"])
def test_a_file_of_something_else_is_refused(text: str, tmp_path: Path) -> None:
    """In two lines, whatever is in it."""
    file = tmp_path / "x.jsonl"
    file.write_text(text or "\n")

    with pytest.raises(InputError, match="no infilling problems"):
        read_problems(file)


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="HumanEval-Infilling is not beside the checkout")
@pytest.mark.parametrize("suite", ["SingleLineInfilling", "RandomSpanInfillingLight"])
def test_every_canonical_solution_passes(suite: str) -> None:
    """The sandbox takes nothing away that a right program needs."""
    problems = read_problems(DATA / f"HumanEval-{suite}.jsonl.gz")
    pairs = [(problem, canonical(problem)) for problem in problems]

    with ProgramRunner() as runner:
        assert all(passing(pairs, runner))


def canonical(problem: Problem) -> str:
    """What stood there, without the line break that an editor's line keeps."""
    return problem.solution.removesuffix("\n") if problem.hole.suffix.startswith("\n") else problem.solution
