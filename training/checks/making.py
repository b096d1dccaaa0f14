"""The checks of one task, as a plan: lifted, written by teachers, and computed for generated inputs."""

import dataclasses
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.sandbox.programs import Job, Results
from assistant.sandbox.values import canonical_text
from training.checks.asserts import asserts, without_asserts
from training.checks.doctests import docstrings, doctests
from training.checks.shapes import Shape, draw, shapes_of_examples, shapes_of_signature
from training.checks.voting import Voter, believed
from training.execution.plans import Plan
from training.execution.programs import function_of, identity
from training.execution.tables import first_of_each
from training.execution.trials import try_program
from training.execution.values import is_comparable
from training.rows import Check, Provenance, Sampled, Task

_DRAWS = 10
"""Inputs drawn for each that is wanted: many are alike."""


class Untestable(Exception):  # noqa: N818 - no failure of ours: a signal within this file
    """The sandbox failed, three times: nothing is known, and the task waits for another run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """How checks are made."""

    num_generated: int = 8
    """Inputs generated for a task; 0 makes none."""
    min_votes: int = 3
    """Distinct answers that must agree where there is no reference."""
    seed: int = 0


def with_checks(task: Task, answers: Sequence[Sampled], making: Making) -> Plan[Task | None]:
    """The task with all checks that hold; None if the sandbox failed.

    What a task has already, and what its own text shows, holds unless its reference says otherwise; what a teacher
    wrote must also hold for that teacher's answer.
    """
    answers = sorted((each for each in answers if each.code.strip()), key=lambda each: each.id)
    try:
        claimed = distinct([*task.checks, *_lifted(task)])
        checks = yield from _held_by(task.reference, task, claimed)
        refused = len(claimed) - len(checks)
        for answer in answers:
            if answer.role == "teacher":
                written = yield from _held_by(without_asserts(answer.code), task, _written(task, answer))
                checks += yield from _held_by(task.reference, task, written)
        checks = distinct(checks)
        checks = distinct([*checks, *(yield from _computed(task, checks, answers, making))])
        details = yield from _details(dataclasses.replace(task, checks=tuple(checks)))
    except Untestable:
        return None
    provenance = dataclasses.replace(
        task.provenance, details={**task.provenance.details, **details, "refused_checks": refused}
    )
    return dataclasses.replace(task, checks=tuple(checks), provenance=provenance)


def distinct(checks: Iterable[Check]) -> list[Check]:
    """Each call, and each statement, once; the first that claims something of it stays."""
    return first_of_each(checks, lambda each: json.dumps(each.inputs) + each.statement)


def origin(method: str, source: str, **details: Any) -> Provenance:
    """Where a check of this stage came from; whose it is, its row says."""
    return Provenance(stage="test", source=source, details={"method": method, **details})


def _lifted(task: Task) -> list[Check]:
    name = function_of(task.reference, task.entry_point)
    if not name:
        return []
    shown = doctests(task.prompt, name, origin("doctest", "prompt"))
    texts = docstrings(task.reference)
    return [*shown, *(each for text in texts for each in doctests(text, name, origin("doctest", "reference")))]


def _written(task: Task, answer: Sampled) -> list[Check]:
    name = function_of(answer.code, task.entry_point)
    return asserts(answer.text, name, origin("assert", answer.source, answer=answer.id)) if name else []


def _held_by(program: str, task: Task, checks: Sequence[Check]) -> Plan[list[Check]]:
    """The checks that a program passes; all of them if there is no program."""
    if not program or not checks:
        return list(checks)
    trial = yield from try_program(program, task, checks)
    if trial is None:
        raise Untestable
    return [check for check, passed in zip(checks, trial.passed, strict=True) if passed]


def _computed(task: Task, checks: Sequence[Check], answers: Sequence[Sampled], making: Making) -> Plan[list[Check]]:
    """Checks for generated inputs: by the reference where there is one, else by agreement."""
    inputs = _generated(task, checks, answers, making)
    if not inputs:
        return []
    if task.reference:  # twice: a result that changes is none
        first, second = yield from _values([task.reference] * 2, task, inputs)
        stable = [
            value if value == again and is_comparable(value) else None
            for value, again in zip(first, second, strict=True)
        ]
        source = origin("differential", "reference", seed=making.seed)
        return [
            Check.of_call(each, value, provenance=source) for each, value in zip(inputs, stable, strict=True) if value
        ]
    voters = _voters(answers)
    values = yield from _values([without_asserts(each.code) for each in voters], task, inputs)
    votes = [Voter(role=each.role, values=value) for each, value in zip(voters, values, strict=True)]
    return [
        Check.of_call(
            inputs[each.number],
            each.expected,
            provenance=origin("agreement", "answers", votes=each.votes, voters=each.voters, seed=making.seed),
        )
        for each in believed(votes, min_votes=making.min_votes)
    ]


def _voters(answers: Sequence[Sampled]) -> list[Sampled]:
    """Each program once; as the teacher's, if a teacher gave it."""
    student_first = sorted(answers, key=lambda each: each.role == "teacher")
    return sorted({identity(each.code): each for each in student_first}.values(), key=lambda each: each.id)


def _values(
    programs: Sequence[str], task: Task, inputs: Sequence[tuple[Any, ...]]
) -> Plan[list[tuple[str | None, ...]]]:
    results: Sequence[Results | None] = yield [
        Job(program=each, entry_point=function_of(each, task.entry_point), inputs=tuple(inputs)) for each in programs
    ]
    if None in results:
        raise Untestable
    return [each.values for each in results if each]


def _generated(
    task: Task, checks: Sequence[Check], answers: Sequence[Sampled], making: Making
) -> list[tuple[Any, ...]]:
    shapes = _shapes(task, checks, answers)
    if not shapes:
        return []
    rng = random.Random(f"{making.seed}/{task.id}")
    known = {canonical_text(each.arguments()) for each in checks}
    drawn = [tuple(draw(shape, rng) for shape in shapes) for _ in range(_DRAWS * making.num_generated)]
    fresh = {canonical_text(each): each for each in drawn}
    return [each for text, each in fresh.items() if text not in known][: making.num_generated]


def _shapes(task: Task, checks: Sequence[Check], answers: Sequence[Sampled]) -> tuple[Shape, ...] | None:
    """From the calls that are known, else from the first signature that says it all."""
    examples = shapes_of_examples([each.arguments() for each in checks if each.inputs is not None])
    if examples:
        return examples
    programs = [task.reference, task.prompt, *(each.code for each in answers if each.role == "teacher")]
    signatures = (shapes_of_signature(each, function_of(each, task.entry_point)) for each in programs)
    return next((each for each in signatures if each), None)


def _details(task: Task) -> Plan[dict[str, float]]:
    """What the reference takes for all checks: the limits of the answers follow it."""
    if not task.reference or not task.checks:
        return {}
    trial = yield from try_program(task.reference, task)
    if trial is None:
        raise Untestable
    return {"reference_cpu_ms": trial.cpu_ms} if trial.cpu_ms else {}
