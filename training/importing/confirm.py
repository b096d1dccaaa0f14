"""Drafts to tasks: every case is tried on the draft's reference, in the sandbox, and kept only if the two agree.

Asserts compare with `==`, to which `True` is 1 and a result may be of more types than one; a check has one result. So a
kept check holds what the reference returned, whose type the problem's author saw, and not the literal that it was equal
to. Only where an assert names a tolerance its own number stays: the reference is somewhere near it, too.
"""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.sandbox.programs import Job, ProgramRunner, Results
from assistant.sandbox.values import decoded, is_opaque
from training.importing.asserts import Draft
from training.rows import NEAR, Check, Provenance, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """Tasks, and the ids of the cases that their references do not pass: "HumanEval/0#3"."""

    tasks: list[Task]
    refuted: list[str]


def confirm(drafts: Sequence[Draft], runner: ProgramRunner, source: str, licence: str) -> Imported:
    """Tasks of the drafts, in order, with the checks that hold.

    Raises:
        SandboxError: The fence failed.
    """
    tried = [draft for draft in drafts if draft.cases]
    results = dict(zip([draft.id for draft in tried], runner.run_all([_job(draft) for draft in tried]), strict=True))
    tasks: list[Task] = []
    refuted: list[str] = []
    for draft in drafts:
        checks = _agreed(draft, results.get(draft.id))
        refuted += [f"{draft.id}#{number}" for number, check in enumerate(checks) if check is None]
        tasks.append(_task(draft, checks, Provenance(stage="import", source=source, details={"licence": licence})))
    return Imported(tasks=tasks, refuted=refuted)


def _job(draft: Draft) -> Job:
    inputs = tuple(case.arguments() for case in draft.cases)
    return Job(program=draft.reference, entry_point=draft.entry_point, inputs=inputs, cpu_s=5)


def _agreed(draft: Draft, results: Results | None) -> list[Check | None]:
    """The check of each case; None where the reference raised or returned something else."""
    if results is None:
        return []
    return [_confirmed(case, value) for case, value in zip(draft.cases, results.values, strict=True)]


def _confirmed(case: Check, value: str | None) -> Check | None:
    """A value of no built-in type is known by name alone, and confirms nothing."""
    if value is None or is_opaque(value):
        return None
    if case.tolerance != NEAR:
        return case if case.accepts(value) else None
    is_equal = decoded(json.loads(value)) == decoded(json.loads(case.expected))
    return dataclasses.replace(case, expected=value) if is_equal else None


def _task(draft: Draft, checks: Sequence[Check | None], provenance: Provenance) -> Task:
    strong = [check for check in checks if check]
    weak = [Check(statement=statement) for statement in draft.statements]
    return Task(
        id=draft.id,
        prompt=draft.prompt,
        entry_point=draft.entry_point,
        reference=draft.reference,
        checks=(*strong, *weak),
        provenance=provenance,
    )
