"""How many holes were filled rightly: by the tests, and to the letter."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.sandbox.programs import Job, ProgramRunner
from assistant.wilson import wilson
from lsp.infilling.answers import Answer, Order
from lsp.infilling.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So many of so many, with the 95 % Wilson interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, num_right: int, num_all: int) -> "Share":
        """Count it."""
        low, high = wilson(num_right, num_all)
        return cls(value=num_right / num_all, low=low, high=high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One order of the prompt, with the rules or without."""

    order: Order
    has_rules: bool
    pass_at_1: Share
    exact_match: Share
    num_problems: int


def scores(problems: Sequence[Problem], given: Sequence[Answer], runner: ProgramRunner) -> list[Score]:
    """Run the tests of every answer. Raises `SandboxError`."""
    by_id = {problem.task_id: problem for problem in problems}
    orders: list[Order] = list(dict.fromkeys(answer.order for answer in given))
    found: list[Score] = []
    for order in orders:
        ours = [answer for answer in given if answer.order == order]
        for has_rules in (True, False):
            pairs = [(by_id[answer.task_id], answer.shown if has_rules else answer.raw) for answer in ours]
            found.append(_score(pairs, order, runner, has_rules=has_rules))
    return found


def passing(pairs: Sequence[tuple[Problem, str]], runner: ProgramRunner) -> list[bool]:
    """Which of the texts make their problem's tests pass.

    The tests run beside the program: one that set out to could fake a pass. Models that were not taught to do not.
    """
    jobs = [Job(program=problem.program(text), entry_point="passes", inputs=((),), cpu_s=3) for problem, text in pairs]
    return [results.values == ("true",) for results in runner.run_all(jobs)]


def _score(pairs: Sequence[tuple[Problem, str]], order: Order, runner: ProgramRunner, *, has_rules: bool) -> Score:
    num_passing = sum(passing(pairs, runner))
    num_exact = sum(problem.is_exact(text) for problem, text in pairs)
    return Score(
        order=order,
        has_rules=has_rules,
        pass_at_1=Share.of(num_passing, len(pairs)),
        exact_match=Share.of(num_exact, len(pairs)),
        num_problems=len(pairs),
    )
