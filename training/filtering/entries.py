"""What of a row is compared: of problems the prompt with its program, of answers the code, within their problem."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import InputError

_LABELS = frozenset({"id", "task_id", "entry_point", "role", "source", "provenance", "verdict", "trust", "expected"})
_BLANK = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row as the filter sees it."""

    id: str
    line: bytes
    """As it stands in the file, with its end: a row that is kept is kept to the byte."""
    exact: str
    """Rows of which this is the same are exact duplicates."""
    near: str
    """The words that near duplicates share; empty where a small difference may be the point."""
    texts: dict[str, str]
    """All texts in the row, by path: `candidates.0.answer.code`. Benchmarks are looked for in these."""


def read_entries(lines: Iterable[bytes], name: str) -> Iterator[Entry]:
    """The rows of a JSONL file, one at a time. A torn last line, left by a kill, is as if never written.

    Raises:
        InputError: A line is no JSON object with an `id` and a text, or has the id of an earlier one.
    """
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        if not line.endswith(b"\n"):
            return
        if not line.strip():
            continue
        entry = _entry(line, f"{name}: line {number}")
        if entry.id in seen:
            raise InputError(f"{name}: line {number} has the id of an earlier one", hint="give every row its own id")
        seen.add(entry.id)
        yield entry


def open_entries(path: Path) -> Iterator[Entry]:
    """The rows of the file at `path`; see `read_entries`."""
    try:
        with path.open("rb") as lines:
            yield from read_entries(lines, path.name)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", hint="give a JSONL file with --in") from None


def _entry(line: bytes, where: str) -> Entry:
    try:
        row = json.loads(line)
        texts = dict(_texts(row, "")) if isinstance(row, dict) else {}
    except (ValueError, RecursionError):
        raise InputError(f"{where} is not JSON", hint="give JSONL: one object a line, in UTF-8") from None
    if not texts or not isinstance(row.get("id"), str):
        raise InputError(
            f"{where} has no id or no text", hint="`cairn train import` makes such rows of public data sets"
        )
    exact, near = _compared(row, texts)
    return Entry(id=row["id"], line=line, exact=exact, near=near, texts=texts)


def _compared(row: dict[str, Any], texts: dict[str, str]) -> tuple[str, str]:
    """(exact, near). An answer that differs in one sign may be the wrong one that a model learns from: never near."""
    if {"task_id", "code"} <= row.keys():
        return f"{row['task_id']}\n{_code_lines(texts.get('code', '') or texts.get('text', ''))}", ""
    best = texts.get("reference") or texts.get("candidates.0.answer.code") or texts.get("solutions.0") or ""
    text = f"{texts['prompt']}\n{best}" if "prompt" in texts else "\n".join(texts.values())
    return _BLANK.sub(" ", text).strip().casefold(), text


def _code_lines(code: str) -> str:
    """Without blank lines and blanks at line ends; indentation means something."""
    return "\n".join(line.rstrip() for line in code.splitlines() if line.strip())


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text in a row that is no label, with its path."""
    if isinstance(value, str):
        if value:
            yield path, value
        return
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        if name not in _LABELS:
            yield from _texts(inner, f"{path}.{name}" if path else f"{name}")
