"""The costly half of ranking: run each answer, and keep what its checks said in a file beside the ranking.

`….judged.jsonl` has one row for each answer, program and set of checks: how answers are ranked can then be changed
without running one again, and new answers, or new checks, run alone.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from training.bar import bar
from training.execution.plans import Engine, Plan, carry_out, together
from training.execution.programs import identity
from training.execution.tables import chunks
from training.execution.trials import Trial, try_program
from training.jsonl import append_rows, read_rows
from training.rows import Sampled, Task, from_json

Answers = Mapping[str, Sequence[Sampled]]
"""By the id of the task."""
Trials = dict[str, Trial]
"""By the id of the answer. An answer whose sandbox failed has none."""


def judge_answers(path: Path, tasks: Sequence[Task], answers: Answers, engine: Engine) -> Trials:
    """The trials of all answers to `tasks`; what `path` has is not run again."""
    known = {row["id"]: from_json(row["trial"], Trial) for row in read_rows(path)}
    keys = {answer.id: key for task in tasks for answer, key in _keyed(task, answers.get(task.id, ()))}
    missing = {task.id: [each for each in answers.get(task.id, ()) if keys[each.id] not in known] for task in tasks}
    waiting = [task for task in tasks if missing[task.id]]
    with bar("rank", len(waiting)) as advance:
        for chunk in chunks(waiting):
            plans = [_judged(task, missing[task.id]) for task in chunk]
            made = {
                keys[each]: trial for trials in carry_out(together(plans), engine) for each, trial in trials.items()
            }
            append_rows(path, [{"id": key, "trial": asdict(trial)} for key, trial in made.items()])
            known |= made
            advance(len(chunk))
    return {identifier: known[key] for identifier, key in keys.items() if key in known}


def _judged(task: Task, answers: Sequence[Sampled]) -> Plan[Trials]:
    """Equal programs run once."""
    programs = {identity(each.code): each.code for each in answers}
    trials = yield from together([try_program(program, task) for program in programs.values()])
    by_identity = dict(zip(programs, trials, strict=True))
    found = {each.id: by_identity[identity(each.code)] for each in answers}
    return {identifier: trial for identifier, trial in found.items() if trial}


def _keyed(task: Task, answers: Sequence[Sampled]) -> Iterator[tuple[Sampled, str]]:
    """Each answer with its id and a digest of its program and of what it is checked against."""
    checks = [[each.inputs, each.expected, asdict(each.tolerance), each.statement] for each in task.checks]
    checked = json.dumps([task.entry_point, checks])
    for answer in answers:
        digest = hashlib.sha256((checked + answer.code).encode("utf-8", "surrogatepass"))
        yield answer, f"{answer.id} {digest.hexdigest()[:16]}"
