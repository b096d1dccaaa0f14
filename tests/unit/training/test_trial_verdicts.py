"""What results mean: which two are the same, which class a program is in, and what weak checks may say."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sandbox.programs import Results
from tests.rank_rows import BrokenEngine, strong, task, weak
from training.execution.plans import carry_out
from training.execution.programs import function_of, identity
from training.execution.trials import judge, limits_for, try_program
from training.execution.values import same

SAME = {
    ("1", "1"): True,
    (None, "1"): False,
    ("true", "1"): False,
    ("1", '{"float": "0x1.0p+0"}'): True,
    ('{"float": "0x1.0000000000001p+0"}', '{"float": "0x1.0p+0"}'): True,
    ('{"float": "0x1.001p+0"}', '{"float": "0x1.0p+0"}'): False,
    ('{"other": "C"}', '{"other": "C"}'): False,
}


@pytest.mark.parametrize(("result", "expected"), SAME)
def test_results_are_the_same_in_type_and_value_and_floats_nearly(result: str | None, expected: str) -> None:
    """To one in a million; no result is none."""
    assert same(result, expected) is SAME[result, expected]


S, W = strong(1, expected="1"), weak("assert solve(1)")
RETURNS, WRONG, RAISES = (Results(compiled=True, values=(value,)) for value in ("1", "2", None))
NOTHING = Results(compiled=True, values=())
BROKEN = Results(compiled=False, values=(None,), passed=(False,))
HOLDS, FAILS = (Results(compiled=True, values=(), passed=(each,)) for each in (True, False))

VERDICTS = {
    "passes": ([S], [RETURNS], "passes_all", "passes_all", "strong"),
    "passes nothing, and runs": ([S], [WRONG], "fails_some", "fails_some", "strong"),
    "raises or takes too long": ([S], [RAISES], "runtime_error", "runtime_error", "strong"),
    "does not compile": ([S], [BROKEN], "compile_error", "compile_error", "strong"),
    "a weak check fails": ([S, W], [RETURNS, FAILS], "fails_some", "passes_all", "weak"),
    "a weak check passes": ([S, W], [RETURNS, HOLDS], "passes_all", "passes_all", "weak"),
    "a weak check defends": ([W, S], [WRONG, HOLDS], "fails_some", "fails_some", "strong"),
    "only weak ones, passed": ([W], [NOTHING, HOLDS], "passes_all", "fails_some", "weak"),
    "only weak ones, failed": ([W], [NOTHING, FAILS], "fails_some", "fails_some", "weak"),
    "only weak ones, broken": ([W], [BROKEN, BROKEN], "compile_error", "compile_error", "strong"),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_each_outcome_has_its_class_and_the_class_that_strong_checks_give(name: str) -> None:
    """Weak checks speak only where the strong ones found nothing wrong, and never for the reward."""
    checks, results, verdict, by_strong, trust = VERDICTS[name]

    made = judge(checks, results)

    assert (made.verdict, made.strong, made.trust) == (verdict, by_strong, trust)
    assert len(made.passed) == len(checks)


def test_an_answer_without_a_program_does_not_compile_and_runs_nothing() -> None:
    """Words are no program."""
    engine = BrokenEngine("never")

    made = carry_out(try_program(" \n", task("t", S)), engine)

    assert made
    assert (made.verdict, engine.jobs) == ("compile_error", [])


def test_a_failure_of_the_sandbox_is_no_trial() -> None:
    """Nothing can be said of the program."""
    assert carry_out(try_program("broken", task("t", S)), BrokenEngine("broken")) is None


@pytest.mark.parametrize(
    ("reference_ms", "cpu_s", "wall_s"), [(None, 3, 6.0), (1.0, 1, 1.0), (120.0, 2, 2.4), (9000.0, 3, 6.0)]
)
def test_limits_follow_the_reference(reference_ms: float | None, cpu_s: int, wall_s: float) -> None:
    """Ten times its own time, between half a second and three."""
    bare = task("t", S)
    details = {} if reference_ms is None else {"reference_cpu_ms": reference_ms}
    limits = limits_for(dataclasses.replace(bare, provenance=dataclasses.replace(bare.provenance, details=details)))

    assert (limits.cpu_s, limits.wall_s) == (cpu_s, wall_s)


IDENTITIES = {
    ("x = 1", "x  =  1  # one\n"): True,
    ("def f():\n    'a'\n    return 1", "def f():\n    return 1"): True,
    ("def f(): return 1", "def f(): return 2"): False,
    ("def f(", "def f(  "): True,
    ("def f(", "def g("): False,
    ("x = 1", "x = True"): False,
}


@pytest.mark.parametrize(("left", "right"), IDENTITIES)
def test_programs_are_the_same_but_for_comments_docstrings_and_layout(left: str, right: str) -> None:
    """Those that do not parse are compared as text."""
    assert (identity(left) == identity(right)) is IDENTITIES[left, right]


@given(st.text(max_size=60))
def test_any_text_has_an_identity(text: str) -> None:
    """Null bytes and lone surrogates too."""
    assert identity(text)
    assert identity("(" * 9000 + text)


def test_a_task_that_names_no_function_calls_the_last_public_one() -> None:
    """Every answer then has its own name for it."""
    program = "def _a(): ...\ndef b(): ...\ndef c(): ...\ndef _d(): ...\n"

    assert [function_of(program, "z"), function_of(program, ""), function_of("x = 1", "")] == ["z", "c", ""]
