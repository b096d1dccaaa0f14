"""`cairn eval`: each suite lives in the room that it measures."""

import click

from assistant.door import Door

ROOMS = {"infilling": "lsp.infilling.commands:infilling"}
SUMMARIES = {"infilling": "HumanEval-Infilling: holes in functions, filled as in an editor."}


@click.group("eval", cls=Door, rooms=ROOMS, summaries=SUMMARIES)
def evaluate() -> None:
    """Measure what a model can do, by tests."""
