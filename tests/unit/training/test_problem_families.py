"""The generated problems are sound: references pass, mistakes mostly do not, held-out combinations stay out."""

from assistant.sandbox.programs import ProgramRunner
from training.evaluate import outcomes_of
from training.outcome import Outcome
from training.problems import FAMILIES, draw_problems, side_of


def test_every_solution_passes_and_mistakes_reach_every_other_class(runner: ProgramRunner) -> None:
    """Negative control: a test that every program passes says nothing."""
    problems = draw_problems("train", 20, 0, runner)
    solutions = [(problem, text) for problem in problems for text in problem.solutions]
    mistakes = [(problem, text) for problem in problems for text in problem.mistakes]

    right = outcomes_of([problem for problem, _ in solutions], [text for _, text in solutions], runner)
    wrong = outcomes_of([problem for problem, _ in mistakes], [text for _, text in mistakes], runner)

    assert set(right) == {Outcome.PASSES_ALL}
    assert {Outcome.COMPILE_ERROR, Outcome.RUNTIME_ERROR, Outcome.FAILS_SOME} <= set(wrong)
    assert wrong.count(Outcome.PASSES_ALL) < len(wrong) / 10


def test_the_families_take_turns_and_draws_repeat(runner: ProgramRunner) -> None:
    """Equal shares of every family; the same seed gives the same problems."""
    problems = draw_problems("held_out", 10, 7, runner)

    assert [problem.family for problem in problems] == [family.name for family in FAMILIES] * 2
    assert problems == draw_problems("held_out", 10, 7, runner)


def test_each_family_has_combinations_on_both_sides() -> None:
    """About a fifth is held out."""
    for family in FAMILIES:
        held_out = sum(side_of(family.name, each) == "held_out" for each in family.combinations)

        assert 0.1 < held_out / len(family.combinations) < 0.35
