"""What a ranking run found: the share of each class by source, and what was kept, dropped and masked."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from rich.table import Column, Table
from rich.text import Text

from assistant.sanitize import sanitize
from training.ranking.judging import Answers, Trials
from training.ranking.order import CLASSES, Dropped
from training.rows import Ranked, Task


def class_shares(
    tasks: Sequence[Task],
    answers: Answers,
    trials: Trials,
    ranked: Sequence[Ranked],
    dropped: Sequence[Dropped],
) -> dict[str, object]:
    """The report as JSON values: `sources` by name, each with its role, `num_answers`, `classes` (shares), `masked`.

    Shares are of all answers that were judged, before dropping and choosing; weak verdicts count too, and are named.
    """
    by_source: defaultdict[str, list[Any]] = defaultdict(list)
    for answer in (each for task in tasks for each in answers.get(task.id, ())):
        by_source[answer.source].append((answer, trials.get(answer.id)))
    sizes = Counter(len(each.candidates) for each in ranked)
    return {
        "sources": {source: _shares(pairs) for source, pairs in sorted(by_source.items())},
        "num_ranked": len(ranked),
        "num_candidates": {str(size): count for size, count in sorted(sizes.items())},
        "dropped": dict(sorted(Counter(each.reason for each in dropped).items())),
    }


def table(report: dict[str, Any]) -> Table:
    """The report for people."""
    numbers = ("answers", *(each.replace("_", "\n") for each in CLASSES), "weak", "masked")
    shown = Table(
        Column("source", overflow="fold", min_width=12),
        Column("role", no_wrap=True),
        *(Column(each, justify="right", no_wrap=True) for each in numbers),
        box=None,  # so that it fits into 80 columns
        pad_edge=False,
        padding=(0, 1),
    )
    for source, row in report["sources"].items():
        shares = [f"{100 * row['classes'][each]:.1f} %" for each in CLASSES]
        shown.add_row(
            Text(sanitize(source)), row["role"], str(row["num_answers"]), *shares, str(row["weak"]), str(row["masked"])
        )
    return shown


def _shares(pairs: Sequence[Any]) -> dict[str, object]:
    judged = [trial for _, trial in pairs if trial]
    classes = Counter(trial.verdict for trial in judged)
    return {
        "role": pairs[0][0].role,
        "num_answers": len(pairs),
        "classes": {each: round(classes[each] / len(judged), 4) if judged else 0.0 for each in CLASSES},
        "weak": sum(trial.trust == "weak" for trial in judged),
        "masked": len(pairs) - len(judged),
    }
