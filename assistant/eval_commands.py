"""`cairn eval`: each suite lives in the room that it measures."""

import click

from assistant.door import Door

ROOMS = {
    "compare": "training.evaluation.commands:compare",
    "families": "training.evaluation.commands:families",
    "humaneval": "training.evaluation.commands:humaneval",
    "infilling": "lsp.infilling.commands:infilling",
    "mbpp": "training.evaluation.commands:mbpp",
}
SUMMARIES = {
    "compare": "Two models on the same problems: is one better, or did it have luck?",
    "families": "Generated problems, judged by values.",
    "humaneval": "HumanEval: functions from docstrings.",
    "infilling": "HumanEval-Infilling: holes in functions, filled as in an editor.",
    "mbpp": "MBPP: small programs from a sentence.",
}


@click.group("eval", cls=Door, rooms=ROOMS, summaries=SUMMARIES)
def evaluate() -> None:
    """Measure what a model can do, by tests."""
