"""Rows of the stages, read and put together. A row of another form is an error that names its file."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import cattrs

from assistant.errors import InputError
from training.jsonl import read_rows
from training.rows import Sampled, Task, from_json

T = TypeVar("T")

CHUNK_TASKS = 64
"""Tasks whose programs run together: a kill costs at most their time."""


def read_tasks(path: Path) -> list[Task]:
    """The tasks of a file, each id once.

    Raises:
        InputError: There is no file, or a row is no `Task`.
    """
    return list({row.id: row for row in _read(path, Task)}.values())


def answers_by_task(path: Path) -> dict[str, list[Sampled]]:
    """The answers of a file by the task they answer, each id once.

    Raises:
        InputError: There is no file, or a row is no `Sampled`.
    """
    by_task: defaultdict[str, list[Sampled]] = defaultdict(list)
    for answer in {row.id: row for row in _read(path, Sampled)}.values():
        by_task[answer.task_id].append(answer)
    return dict(by_task)


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


def _read(path: Path, kind: type[Any]) -> list[Any]:
    if not path.exists():
        raise InputError(f"no file {path}", hint="An earlier stage writes it; see training/README.md.")
    try:
        return [from_json(row, kind) for row in read_rows(path)]
    except (cattrs.BaseValidationError, ValueError) as error:
        hint = f"Its rows are those of training/rows.py, {kind.__name__}; was it made by another version?"
        raise InputError(f"{path} holds a row that is no {kind.__name__}: {error}", hint=hint) from error
