"""What a command of the training room says at its end: names and values, for people or as JSON."""

import json
from collections.abc import Mapping

import click


def print_result(result: Mapping[str, object], *, as_json: bool) -> None:
    """A line for each name, or all of it as JSON."""
    if as_json:
        click.echo(json.dumps(result))
        return
    for name, value in result.items():
        click.echo(f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}")
