"""One page for a fine-tuning: both losses, rank accuracy, pass@1 over steps, lengths, answers before and after."""

import json
from pathlib import Path
from typing import Any

from markupsafe import Markup

from training.atomic import write_text
from training.evaluation.lines import Line, lines
from training.evaluation.report import rendered
from training.finetune.folder import RunFolder
from training.finetune.recipe import FinetuneRecipe
from training.jsonl import read_rows

_TEMPLATE = Path(__file__).with_name("report.html.j2")
Rows = list[dict[str, Any]]
Chart = tuple[str, str, Markup]
"""Heading, words, picture."""


def write_report(run: RunFolder, recipe: FinetuneRecipe) -> None:
    """Write the page in one step, from what the run noted."""
    write_text(run.report, page(run, recipe))


def page(run: RunFolder, recipe: FinetuneRecipe) -> str:
    """The page as HTML; it loads nothing and runs nothing."""
    metrics, found = read_rows(run.metrics), read_rows(run.evaluations)
    return rendered(
        _TEMPLATE,
        name=recipe.name,
        method=recipe.method,
        first=found[0] if found else None,
        last=found[-1] if found else None,
        charts=[*_training(metrics), *_held_out(found)],
        pairs=list(zip(found[0]["shown"], found[-1]["shown"], strict=True)) if len(found) > 1 else [],
        data=_flat(json.loads((run.folder / "data.json").read_text("utf-8"))),
        versions=_flat(json.loads((run.folder / "versions.json").read_text("utf-8"))),
        recipe=(run.folder / "recipe.toml").read_text("utf-8"),
    )


def _training(metrics: Rows) -> list[Chart]:
    named = (
        ("sft_loss", "Fine-tuning loss", "Nats a response, or a token where the recipe says mean."),
        ("rank_loss", "Rank loss", "Reward gaps times nats a token, of pairs in the wrong order; without its weight."),
        ("dpo_loss", "DPO loss", "Nats a pair; ln 2 where nothing is learned."),
    )
    charts = [_chart(metrics, name, title, words) for name, title, words in named if _has(metrics, name)]
    if _has(metrics, "rank_accuracy"):
        words = "Share of ranked pairs whose better answer is the likelier one, a token."
        charts.append(_chart(metrics, "rank_accuracy", "Rank accuracy", words, top=1.0, percent=True))
    return charts


def _held_out(found: Rows) -> list[Chart]:
    if not found:
        return []
    steps = [row["step"] for row in found]
    shares = [row["pass_at_1"] for row in found]
    solved = Line(
        points=[(step, each["value"]) for step, each in zip(steps, shares, strict=True)],
        band=[(each["low"], each["high"]) for each in shares],
    )
    lengths = Line(points=[(row["step"], row["mean_answer_tokens"]) for row in found])
    return [
        ("pass@1", "On held-out problems; the band is a 95 % interval over them.", _solved(solved)),
        ("Length", "Tokens of an answer to a held-out problem, mean.", lines([lengths], "length of answers")),
    ]


def _solved(solved: Line) -> Markup:
    return lines([solved], "pass@1 over steps", top=1.0, percent=True)


def _chart(metrics: Rows, name: str, title: str, words: str, **scale: Any) -> Chart:
    points = [(row["step"], row[name]) for row in metrics if name in row]
    return title, words, lines([Line(points=points)], f"{title} over steps", **scale)


def _has(metrics: Rows, name: str) -> bool:
    return any(name in row for row in metrics)


def _flat(values: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, ", ".join(f"{count} {reason}" for reason, count in value.items()) or "nothing")
        if isinstance(value, dict)
        else (name, str(value))
        for name, value in values.items()
    ]
