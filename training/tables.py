"""The rows that a stage reads, whoever wrote them. A row of another form is an error that names its file and place."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import cattrs

from assistant.errors import InputError
from training.jsonl import read_rows
from training.rows import Sampled, Task, from_json


def read_tasks(path: Path) -> list[Task]:
    """The tasks of a file in its order, each id once.

    Raises:
        InputError: There is no such file, or a row is no `Task`.
    """
    return list({task.id: task for task in read_table(path, Task)}.values())


def answers_by_task(path: Path) -> dict[str, list[Sampled]]:
    """The answers of a file by the task they answer, each id once.

    Raises:
        InputError: There is no such file, or a row is no `Sampled`.
    """
    by_task: defaultdict[str, list[Sampled]] = defaultdict(list)
    for answer in {row.id: row for row in read_table(path, Sampled)}.values():
        by_task[answer.task_id].append(answer)
    return dict(by_task)


def read_table(path: Path, kind: type[Any]) -> list[Any]:
    """The rows of a file.

    Raises:
        InputError: There is no such file, it is empty, or a row is no `kind`.
    """
    if not path.exists():
        raise InputError(f"no file {path}", hint="an earlier stage writes it; see training/README.md")
    try:
        rows: list[Any] = read_rows(path)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} is not JSON lines: {error}", hint="one JSON object a line, as the stages write"
        ) from None
    if not rows:
        raise InputError(f"{path} has no rows", hint="an earlier stage writes them; see training/README.md")
    return [_row(row, kind, path, number) for number, row in enumerate(rows, 1)]


def _row(row: Any, kind: type[Any], path: Path, number: int) -> Any:
    hint = f"its form is `{kind.__name__}` in training/rows.py"
    if not isinstance(row, dict):
        raise InputError(f"{path}, row {number} is no object", hint=hint)
    try:
        return from_json(row, kind)
    except cattrs.BaseValidationError as error:
        reason = "; ".join(cattrs.transform_error(error))
        raise InputError(f"{path}, row {number}: {reason}", hint=hint) from None
