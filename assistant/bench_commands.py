"""`cairn bench`: each benchmark lives in the room it measures."""

import click

from assistant.door import Door

ROOMS = {"convert": "convert.bench_commands:bench_convert"}
SUMMARIES = {"convert": "Convert a random checkpoint of a real shape."}


@click.group(cls=Door, rooms=ROOMS, summaries=SUMMARIES)
def bench() -> None:
    """Measure speed and memory on this machine."""
