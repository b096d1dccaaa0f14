"""Ask every source for every answer that is wanted and not there, and write them down in that order."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.errors import CairnError, EngineError
from training.answering.sources import Source
from training.asking.in_order import in_order
from training.asking.model import RefusedError
from training.bar import bar
from training.jsonl import append_rows, read_rows
from training.rows import Provenance, Sampled, Task, to_json

MAX_REFUSALS = 20
"""In a row from one source: it is not the problems."""
AHEAD = 4
"""Answers begun for each that can be worked on at a time: one that is slow then holds up nobody for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One answer to be drawn."""

    task: Task
    source: Source
    temperature: float
    index: int

    @property
    def id(self) -> str:
        """The row's."""
        return f"{self.task.id}/{self.source.name}/{self.temperature:g}/{self.index}"

    def seed(self, seed: int) -> int:
        """Of 31 bits: all servers take that many. Other rows have no part in it, so that a file can be gone on with."""
        return int.from_bytes(hashlib.sha256(f"{seed}/{self.id}".encode()).digest()[:4], "big") >> 1


@dataclass(slots=True, kw_only=True)
class Report:
    """What a run did. Counts of answers, by source."""

    num_wanted: int = 0
    num_there: int = 0
    """Before the run."""
    answered: Counter[str] = field(default_factory=Counter[str])
    without_code: Counter[str] = field(default_factory=Counter[str])
    cut_off: Counter[str] = field(default_factory=Counter[str])
    """Answers that ended at the limit of tokens."""
    refused: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    """By source and reason. Such rows are not in the file; the next run asks for them again."""

    def as_json(self) -> dict[str, Any]:
        """As JSON values."""
        refused = {source: dict(reasons) for source, reasons in self.refused.items()}
        counts = {name: dict(getattr(self, name)) for name in ("answered", "without_code", "cut_off")}
        return {"wanted": self.num_wanted, "were_there": self.num_there, **counts, "refused": refused}


def wanted(
    tasks: Sequence[Task], sources: Sequence[Source], temperatures: Sequence[float], num_each: int
) -> Iterator[Wanted]:
    """Task by task, source by source: `num_each` answers at each temperature, but one where all would be the same."""
    for task in tasks:
        for source in sources:
            for temperature in temperatures if source.has_temperature else (0.0,):
                num = 1 if source.has_temperature and temperature == 0 else num_each
                for index in range(num):
                    yield Wanted(task=task, source=source, temperature=temperature, index=index)


async def sample(
    tasks: Sequence[Task],
    sources: Sequence[Source],
    out: Path,
    *,
    temperatures: Sequence[float],
    num_each: int,
    seed: int,
) -> Report:
    """Append to `out` every wanted answer that it does not have.

    Raises:
        CairnError: A source cannot go on; what was answered is in the file.
    """
    there = {row["id"] for row in read_rows(out)}
    plan = list(wanted(tasks, sources, temperatures, num_each))
    missing = [each for each in plan if each.id not in there]
    report = Report(num_wanted=len(plan), num_there=len(plan) - len(missing))
    in_a_row: Counter[str] = Counter()

    async def draw(each: Wanted) -> tuple[Wanted, Sampled | RefusedError]:
        try:
            return each, await _drawn(each, seed)
        except RefusedError as error:
            return each, error

    width = AHEAD * sum(source.width for source in sources)
    with bar("sample", len(plan), report.num_there) as advance:
        async for results in in_order(missing, draw, width=width):
            append_rows(out, [to_json(row) for _, row in results if isinstance(row, Sampled)])
            for each, row in results:
                _count(report, each.source.name, row)
                in_a_row[each.source.name] = 0 if isinstance(row, Sampled) else in_a_row[each.source.name] + 1
                _give_up(in_a_row[each.source.name], each.source.name, row)
            advance(len(results))
    return report


async def _drawn(each: Wanted, seed: int) -> Sampled:
    drawn_seed = each.seed(seed)
    said = await each.source.answer(each.task, each.temperature, drawn_seed)
    details: dict[str, Any] = {"temperature": each.temperature, "index": each.index} | said.details
    return Sampled(
        id=each.id,
        task_id=each.task.id,
        role=each.source.role,
        source=each.source.name,
        text=said.text,
        code=said.code,
        mean_logprob=said.mean_logprob,
        provenance=Provenance(
            stage="sample", source=each.source.name, parent=each.task.id, seed=drawn_seed, details=details
        ),
    )


def _count(report: Report, source: str, row: Sampled | RefusedError) -> None:
    if isinstance(row, RefusedError):
        report.refused.setdefault(source, Counter())[str(row)] += 1
        return
    report.answered[source] += 1
    report.without_code[source] += not row.code.strip()
    report.cut_off[source] += row.provenance.details.get("finish_reason") == "length"


def _give_up(num_refusals: int, source: str, row: Sampled | CairnError) -> None:
    if num_refusals >= MAX_REFUSALS and isinstance(row, CairnError):
        raise EngineError(f"{source} refused {num_refusals} problems in a row; the last: {row}", hint=row.hint)
