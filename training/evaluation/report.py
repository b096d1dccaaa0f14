"""One page for an evaluation: plots, conditions, sources. It loads nothing and runs nothing.

What models and files wrote goes through the sanitiser and then through the template's escaping; the page forbids
itself scripts and the network.
"""

from pathlib import Path
from typing import Any

import jinja2

from assistant.errors import InputError
from assistant.sanitize import sanitize
from training.atomic import write_text
from training.evaluation import charts
from training.evaluation.charts import Bar
from training.evaluation.published import HUMANEVAL_PASS_AT_1, NUM_PROBLEMS
from training.evaluation.scores import Evaluation, Score
from training.evaluation.tables import OUTCOME_WORDS

_NUM_SLOWEST = 5


def write_report(path: Path, found: Evaluation) -> None:
    """Write the page in one step.

    Raises:
        InputError: It cannot be written.
    """
    try:
        write_text(path, page(found))
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}", hint="choose another folder") from error


def page(found: Evaluation) -> str:
    """The page as HTML."""
    published = _published(found)
    times_ms = [score.cpu_ms for score in found.scores if score.cpu_ms is not None]
    return rendered(
        Path(__file__).with_name("report.html.j2"),
        found=found,
        num_samples=sum(found.outcomes.values()),
        best=found.pass_at_k[min(found.pass_at_k)],
        first_k=min(found.pass_at_k),
        pass_chart=charts.bars(_bars(found)),
        sources=sorted({each.source for each in published}),
        outcome_chart=charts.stack([(OUTCOME_WORDS[name], count, name) for name, count in found.outcomes.items()]),
        outcomes=[(name, OUTCOME_WORDS[name], count) for name, count in found.outcomes.items()],
        problem_chart=charts.cells([(each.task_id, each.num_passed / each.num_samples) for each in found.scores]),
        num_solved=sum(bool(each.num_passed) for each in found.scores),
        time_chart=charts.times(times_ms) if times_ms else "",
        slowest=_slowest(found.scores),
        conditions=_conditions(found),
        example_prompt=found.conditions.get("example_prompt", ""),
    )


def rendered(template: Path, **values: Any) -> str:
    """A page of this house: escaped throughout, in one file. `template` fills the blocks of `page.html.j2`."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([template.parent, Path(__file__).parent]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["clean"] = lambda value: sanitize(str(value))
    return environment.get_template(template.name).render(**values)


def _bars(found: Evaluation) -> list[Bar]:
    """Ours first, then the others from the best down."""
    ours = [
        Bar(name=f"pass@{k}, this model", value=each.value, low=each.low, high=each.high)
        for k, each in found.pass_at_k.items()
    ]
    return ours + [Bar(name=each.model, value=each.percent / 100, is_ours=False) for each in _published(found)]


def _published(found: Evaluation) -> tuple[Any, ...]:
    """Only beside all of HumanEval."""
    is_whole = found.suite == "HumanEval" and len(found.scores) == NUM_PROBLEMS
    return HUMANEVAL_PASS_AT_1 if is_whole else ()


def _slowest(scores: tuple[Score, ...]) -> list[tuple[str, float]]:
    timed = [(score.task_id, score.cpu_ms) for score in scores if score.cpu_ms is not None]
    return sorted(timed, key=lambda each: -each[1])[:_NUM_SLOWEST]


def _conditions(found: Evaluation) -> list[tuple[str, str]]:
    shown = {name: value for name, value in found.conditions.items() if name != "example_prompt"}
    return [_labelled(name, value) for name, value in shown.items()]


def _labelled(name: str, value: object) -> tuple[str, str]:
    """A name for people, and its unit with the value."""
    words = " ".join(map(repr, value)) if isinstance(value, list) else str(value)
    if name.endswith("_s"):
        return name.removesuffix("_s").replace("_", " "), f"{words} s"
    return name.replace("_", " "), words
