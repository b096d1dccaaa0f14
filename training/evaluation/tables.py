"""Scores for people, on a terminal."""

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from assistant.sanitize import sanitize
from training.evaluation.comparison import Comparison
from training.evaluation.intervals import Estimate
from training.evaluation.scores import Evaluation

OUTCOME_WORDS = {
    "passes_all": "passes all tests",
    "fails_some": "fails a test",
    "runtime_error": "raises an error",
    "stopped": "stopped: time, memory, or its own exit",
    "compile_error": "does not compile",
}


def print_evaluation(found: Evaluation) -> None:
    """pass@k, the outcomes, and under which conditions."""
    Console().print(evaluation_table(found))


def evaluation_table(found: Evaluation) -> RenderableType:
    """What is printed."""
    num_samples = sum(found.outcomes.values())
    title = f"{found.suite}: {len(found.scores)} problems, {num_samples} answers, {found.model}"
    scores = Table()
    scores.add_column("pass@k")
    scores.add_column("", justify="right")
    scores.add_column("95 % interval", justify="right")
    for k, each in found.pass_at_k.items():
        scores.add_row(f"pass@{k}", f"{each.value:.1%}", f"{each.low:.1%} to {each.high:.1%}")
    outcomes = Table()
    for name in ("outcome", "answers", "share"):
        outcomes.add_column(name, justify="left" if name == "outcome" else "right")
    for outcome, count in found.outcomes.items():
        outcomes.add_row(OUTCOME_WORDS[outcome], str(count), f"{count / num_samples:.1%}")
    return Group(Text(sanitize(title), style="bold"), scores, outcomes, Text(_conditions(found), style="dim"))


def _conditions(found: Evaluation) -> str:
    lines = [f"{name}: {_shown(value)}" for name, value in found.conditions.items() if name != "example_prompt"]
    if found.num_weak:
        lines.append(f"{found.num_weak} passes are weak: the tests ran beside the program, which could fool them")
    return "\n".join(lines)


def _shown(value: object) -> str:
    return sanitize(repr(value) if isinstance(value, list) else str(value))


def print_comparison(found: Comparison, first: str, second: str) -> None:
    """Both models, their difference, and how likely luck is."""
    first, second = sanitize(first), sanitize(second)
    table = Table(title=f"pass@{found.k} on {found.num_problems} problems", caption="95 % bootstrap interval, paired")
    for name in (first, second, "difference", "interval"):
        table.add_column(Text(name), justify="right")
    table.add_row(f"{found.first:.1%}", f"{found.second:.1%}", *_difference_words(found.difference))
    console = Console()
    console.print(table)
    console.print(Text(f"solved only by {first}: {found.num_only_first}; only by {second}: {found.num_only_second}"))
    if found.p_value is not None:
        console.print(Text(f"McNemar's exact test: p = {found.p_value:.2g}"))


def _difference_words(difference: Estimate) -> tuple[str, str]:
    return f"{100 * difference.value:+.1f} points", f"{100 * difference.low:+.1f} to {100 * difference.high:+.1f}"
