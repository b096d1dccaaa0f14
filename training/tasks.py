"""Reading `problems.jsonl`, whoever wrote it."""

import json
from pathlib import Path
from typing import Any

import cattrs

from assistant.errors import InputError
from training.jsonl import read_rows
from training.rows import Task, from_json


def read_tasks(path: Path) -> list[Task]:
    """The tasks of a file, in its order.

    Raises:
        InputError: There is no such file, or a row is no task.
    """
    return [_task(row, path, number) for number, row in enumerate(_rows(path), 1)]


def _rows(path: Path) -> list[Any]:
    try:
        rows = read_rows(path)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} is not JSON lines: {error}", hint="one JSON object a line, as the stages write"
        ) from None
    if not rows:
        raise InputError(f"{path} has no rows", hint="make some: `cairn train problems`")
    return rows


def _task(row: Any, path: Path, number: int) -> Task:
    if not isinstance(row, dict):
        raise InputError(f"{path}, row {number} is no object", hint="its form is `Task` in training/rows.py")
    try:
        return from_json(row, Task)
    except cattrs.BaseValidationError as error:
        reason = "; ".join(cattrs.transform_error(error))
        raise InputError(f"{path}, row {number}: {reason}", hint="its form is `Task` in training/rows.py") from None
