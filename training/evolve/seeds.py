"""The problems that evolution begins with: our own rows, or a file in CodeAlpaca's form.

CodeAlpaca's data are CC BY-NC 4.0 (github.com/sahil280114/codealpaca): no part of it is in this tree, and what is made
of it inherits that licence, which its rows say.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.errors import InputError
from training.evolve.languages import names_another_language
from training.extraction import defines, parsed
from training.jsonl import append_rows, read_rows
from training.rows import Provenance, Task, to_json
from training.tables import read_tasks

_FORM = 'a list of {"instruction", "input", "output"}, or rows of tasks as JSON lines'
_NAMED = re.compile(
    r"\bdef ([A-Za-z_]\w*)\s*\(|\b(?:function|method)\s+(?:called|named)?\s*[`'\"]([A-Za-z_]\w*)(?:\(\))?[`'\"]"
    r"|\b(?:called|named)\s+([a-z_]\w*(?:_\w+|\(\)))"
)


@dataclass(slots=True, kw_only=True)
class Seeds:
    """What evolution begins with, and what was left out and why."""

    tasks: list[Task] = field(default_factory=list[Task])
    left_out: Counter[str] = field(default_factory=Counter[str])
    num_read: int = 0


def read_seeds(path: Path) -> Seeds:
    """Read either form.

    Raises:
        InputError: It is neither.
    """
    if path.suffix == ".json":
        return _alpaca(path)
    tasks = read_tasks(path)
    return Seeds(tasks=tasks, num_read=len(tasks))


def write_seeds(seeds: Seeds, out: Path) -> None:
    """Add them to a file, but those that it has."""
    there = {row["id"] for row in read_rows(out)}
    append_rows(out, [to_json(task) for task in seeds.tasks if task.id not in there])


def entry_point_of(prompt: str) -> str:
    """The function that a prompt names; empty if it names none."""
    match = _NAMED.search(prompt)
    return next((name.removesuffix("()") for name in match.groups() if name), "") if match else ""


def _alpaca(path: Path) -> Seeds:
    rows = _read(path)
    seeds = Seeds(num_read=len(rows))
    seen: set[str] = set()
    for row in rows:
        reason = _unfit(row)
        task = _task(row, path) if not reason else None
        if task is None or task.id in seen:
            seeds.left_out[reason or "duplicate"] += 1
            continue
        seen.add(task.id)
        seeds.tasks.append(task)
    return seeds


def _read(path: Path) -> Sequence[dict[str, Any]]:
    try:
        rows = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", hint="name a file that is there") from None
    except (ValueError, RecursionError):
        raise InputError(f"{path} is not JSON", hint=_FORM) from None
    if not isinstance(rows, list) or not all(map(_is_alpaca, rows)):
        raise InputError(f"{path} is not in CodeAlpaca's form", hint=_FORM)
    return rows


def _is_alpaca(row: Any) -> bool:
    return isinstance(row, dict) and all(
        isinstance(row.get(name, ""), str) for name in ("instruction", "input", "output")
    )


def _unfit(row: dict[str, Any]) -> str:
    """Why a row is no seed; empty if it is one. Most of CodeAlpaca is about other languages, or about no function."""
    said = f"{row.get('instruction', '')}\n{row.get('input', '')}"
    output = row.get("output", "")
    if not row.get("instruction", "").strip():
        return "empty"
    if names_another_language(said):
        return "other_language"
    if parsed(output) is None:
        return "answer_is_not_python"
    return "" if defines(output, "") else "not_function"


def _task(row: dict[str, Any], path: Path) -> Task:
    """The answer is no reference: nobody has tested it."""
    shown = row.get("input", "").strip()
    prompt = row["instruction"].strip() + (f"\n\n{shown}" if shown else "")
    digest = hashlib.sha256(prompt.encode()).hexdigest()[:12]
    return Task(
        id=f"codealpaca/{digest}",
        prompt=prompt,
        entry_point=entry_point_of(prompt),
        provenance=Provenance(
            stage="import", source=path.name, details={"form": "codealpaca", "licence": "CC-BY-NC-4.0"}
        ),
    )
