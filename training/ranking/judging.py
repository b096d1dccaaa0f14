"""The costly half of ranking: run each answer, and keep what its checks said in a file beside the ranking.

`….judged.jsonl` has one row for each answer, program and set of checks: how answers are ranked can then be changed
without running one again, and new answers, or new checks, run alone.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from training.execution.bar import bar
from training.execution.plans import Engine, Plan, carry_out, together
from training.execution.programs import identity
from training.execution.tables import chunks
from training.execution.trials import Trial, try_program
from training.jsonl import append_rows, read_rows
from training.rows import Sampled, Task, from_json, to_json

Answers = Mapping[str, Sequence[Sampled]]
"""By the id of the task."""
Trials = dict[str, Trial]
"""By the id of the answer. An answer whose sandbox failed has none."""


def judge_answers(path: Path, tasks: Sequence[Task], answers: Answers, engine: Engine) -> Trials:
    """The trials of all answers to `tasks`; what `path` has is not run again."""
    known = {row["id"]: from_json(row["trial"], Trial) for row in read_rows(path)}
    waiting = [task for task in tasks if _missing(task, answers, known)]
    with bar("rank", len(waiting)) as advance:
        for chunk in chunks(waiting):
            plans = [_judged(task, _missing(task, answers, known)) for task in chunk]
            made = {key: trial for each in carry_out(together(plans), engine) for key, trial in each.items()}
            append_rows(path, [{"id": key, "trial": asdict(trial)} for key, trial in made.items()])
            known |= made
            advance(len(chunk))
    keys = {answer.id: _key(task, answer) for task in tasks for answer in answers.get(task.id, ())}
    return {identifier: known[key] for identifier, key in keys.items() if key in known}


def _judged(task: Task, answers: Sequence[Sampled]) -> Plan[Trials]:
    """Trials by key. Equal programs run once."""
    programs = {identity(each.code): each.code for each in answers}
    trials = yield from together([try_program(program, task) for program in programs.values()])
    by_identity = dict(zip(programs, trials, strict=True))
    found = {_key(task, each): by_identity[identity(each.code)] for each in answers}
    return {key: trial for key, trial in found.items() if trial}


def _missing(task: Task, answers: Answers, known: Trials) -> list[Sampled]:
    return [each for each in answers.get(task.id, ()) if _key(task, each) not in known]


def _key(task: Task, answer: Sampled) -> str:
    """The answer's id, and a digest of its program and of what it is checked against."""
    facts: list[Any] = [answer.code, task.entry_point, [_facts(check) for check in to_json(task)["checks"]]]
    return f"{answer.id} {hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]}"


def _facts(check: dict[str, Any]) -> list[Any]:
    return [check["inputs"], check["expected"], check["statement"]]
