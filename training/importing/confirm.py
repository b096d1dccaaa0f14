"""Drafts to tasks: every case is tried on the draft's reference, in the sandbox, and kept only if the two agree.

Asserts compare with `==`, to which 2 is 2.0; a check has one exact result. So a kept check holds what the reference
returned, whose type the problem's author saw, and not the literal that it was equal to.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.sandbox.programs import Job, ProgramRunner, Results
from training.importing.asserts import Case, Draft
from training.rows import Check, Provenance, Task

_COMPARE = "_compared"
_UNKNOWN = '{"other": '


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
        expected = _agreed(draft, results.get(draft.id))
        refuted += [f"{draft.id}#{number}" for number, value in enumerate(expected) if value is None]
        tasks.append(_task(draft, expected, Provenance(stage="import", source=source, details={"licence": licence})))
    return Imported(tasks=tasks, refuted=refuted)


def _job(draft: Draft) -> Job:
    """Calls of a function that calls the reference and says: equal?, and what was returned."""
    literals = ", ".join(case.expected for case in draft.cases)
    program = (
        f"{draft.reference}\n\ndef {_COMPARE}(number, inputs):\n"
        f"    value = {draft.entry_point}(*inputs)\n"
        f"    return value == [{literals}][number], value\n"
    )
    inputs = tuple((number, list(case.inputs)) for number, case in enumerate(draft.cases))
    return Job(program=program, entry_point=_COMPARE, inputs=inputs, cpu_s=5)


def _agreed(draft: Draft, results: Results | None) -> list[str | None]:
    """The canonical result of each case; None where the reference raised or returned something else."""
    if results is None:
        return []
    return [_result(value) for value in results.values]


def _result(answer: str | None) -> str | None:
    """What the reference returned, of "equal?, value"; a value of no built-in type is known by name alone: none."""
    match json.loads(answer or "null"):
        case {"tuple": [True, value]}:
            text = json.dumps(value)
            return None if _UNKNOWN in text else text
        case _:
            return None


def _task(draft: Draft, expected: Sequence[str | None], provenance: Provenance) -> Task:
    pairs: list[tuple[Case, str]] = [
        (case, value) for case, value in zip(draft.cases, expected, strict=True) if value is not None
    ]
    strong = [Check(inputs=case.inputs, expected=value, provenance=provenance) for case, value in pairs]
    weak = [Check(statement=statement, provenance=provenance) for statement in draft.statements]
    return Task(
        id=draft.id,
        prompt=draft.prompt,
        entry_point=draft.entry_point,
        reference=draft.reference,
        checks=(*strong, *weak),
        provenance=provenance,
    )
