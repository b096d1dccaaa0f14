"""A typing trace: real Python code, typed key by key into a file that has the rest already."""

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NUM_LINES = 300
RUN_KEYS = 40
"""Consecutive keys in one place before the cursor jumps."""


@dataclass(frozen=True, slots=True)
class Hole:
    """The file around the cursor, after a key."""

    prefix: str
    suffix: str


def module_text(name: str = "argparse", *, num_lines: int | None = NUM_LINES) -> str:
    """The first lines of a module of the standard library, comments and all."""
    spec = importlib.util.find_spec(name)
    assert spec
    assert spec.origin
    lines = Path(spec.origin).read_text("utf-8").splitlines(keepends=True)
    return "".join(lines[:num_lines])


def typing_runs(text: str, num_keys: int, *, run_keys: int = RUN_KEYS) -> list[list[Hole]]:
    """Places spread evenly over `text`, each with the keys of one run.

    A run begins at the start of a line. What it types, up to the end of the line it stops in, is not in the file yet;
    what comes after is.

    Args:
        text: The finished file.
        num_keys: Of all runs together; the last run may be cut short.
        run_keys: Keys in one run.
    """
    num_runs = -(-num_keys // run_keys)
    runs = [list(_run(text, number * len(text) // num_runs, run_keys)) for number in range(num_runs)]
    surplus = num_runs * run_keys - num_keys
    return [*runs[:-1], runs[-1][: run_keys - surplus]]


def _run(text: str, near: int, run_keys: int) -> Iterator[Hole]:
    start = min(text.rfind("\n", 0, near) + 1, max(0, len(text) - run_keys))
    end = text.find("\n", start + run_keys)
    suffix = text[end:] if end >= 0 else ""
    for typed in range(1, run_keys + 1):
        yield Hole(text[: start + typed], suffix)
