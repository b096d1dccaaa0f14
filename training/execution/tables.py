"""Rows in portions, and without repeats."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

CHUNK_TASKS = 64
"""Tasks whose programs run together: a kill costs at most their time."""


def chunks(tasks: Sequence[T]) -> Iterator[Sequence[T]]:
    """Tasks in portions."""
    for start in range(0, len(tasks), CHUNK_TASKS):
        yield tasks[start : start + CHUNK_TASKS]


def first_of_each(rows: Iterable[T], key: Callable[[T], object]) -> list[T]:
    """The rows in their order, without those whose key was there before."""
    seen: dict[object, T] = {}
    for row in rows:
        seen.setdefault(key(row), row)
    return list(seen.values())
