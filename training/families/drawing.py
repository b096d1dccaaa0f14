"""Problems on demand: distinct in words and in behaviour, with results computed by the reference, on one side of a split.

Attempts are numbered; attempt n of a family is the same draft on every machine, and what becomes of it depends only on
the attempts before it. So a run that was stopped goes on as if it had not been.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from assistant.errors import InputError
from assistant.sandbox.programs import Job, ProgramRunner, Results
from training.families.catalogue import FAMILIES, HELD_OUT, family_named
from training.families.family import Draft, Family
from training.families.showing import shown_call
from training.families.writing import combination, draft
from training.rows import Check, Provenance, Task

Split = Literal["train", "held_out_parameters", "held_out_families"]
SPLITS: tuple[Split, ...] = get_args(Split)

_HELD_OUT_COMBINATIONS = 0.1
_HELD_OUT_BEHAVIOURS = 0.2
_ATTEMPTS_PER_ROUND = 4
_EMPTY_ROUNDS = 40
"""So many rounds without a new problem, and there are no more."""
_MAX_RESULT_CHARS = 1500
_MAX_SAME_RESULT = 0.8
"""Largest share of inputs on which one result may come back."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Where a draft comes from."""

    family: Family
    split: Split
    seed: int
    number: int

    @property
    def id(self) -> str:
        """The id of the task, if it becomes one."""
        return f"{self.family.name}/{self.split}/{self.seed}/{self.number}"

    def draft(self) -> Draft:
        """The draft; always the same."""
        return draft(self.family, self.id)


@dataclass(slots=True)
class _Seen:
    """What is taken already."""

    choices: set[str] = field(default_factory=set[str])
    prompts: set[str] = field(default_factory=set[str])
    behaviours: set[str] = field(default_factory=set[str])


def draw_tasks(
    split: Split, seed: int, runner: ProgramRunner, *, done: Sequence[Task] = ()
) -> Iterator[list[Task]]:
    """Tasks of one split without end, a round of all families at a time; those in `done`, a prefix, are not repeated.

    Raises:
        InputError: There are no more distinct problems.
    """
    families = [each for each in FAMILIES if (each.name in HELD_OUT) == (split == "held_out_families")]
    last = max((_round_of(task) for task in done), default=0)
    seen, written = _Seen(), {task.id for task in done}
    for task in done:
        if _round_of(task) < last:
            _remember(seen, task)
            seen.choices.add(json.dumps([task.provenance.source, task.provenance.details["parameters"]]))
    number, empty = last, 0
    while empty < _EMPTY_ROUNDS:
        tasks = _round(families, split, seed, number, seen, runner)
        number, empty = number + 1, 0 if tasks else empty + 1
        yield [task for task in tasks if task.id not in written]
    raise InputError(
        f"no more distinct problems for {split} with seed {seed}", hint="Ask for fewer, or take another seed as well."
    )


def attempt_of(task: Task) -> Attempt:
    """Where a task of the families came from.

    Raises:
        InputError: It is none of theirs.
    """
    origin = task.provenance
    if origin.stage != "families":
        raise InputError(f"task {task.id} was not drawn from a family", hint="Use another source for this task.")
    return Attempt(family_named(origin.source), origin.details["split"], origin.seed, origin.details["attempt"])


def behaviour(kinds: Sequence[str], expected: Sequence[str]) -> str:
    """What a function does, as a hash: equal for equal results on all inputs of its kinds, whatever the family."""
    return hashlib.sha256(json.dumps([list(kinds), list(expected)]).encode()).hexdigest()


def behaviour_of(task: Task) -> str:
    """The behaviour of a task's reference."""
    kinds = [kind.name for kind in family_named(task.provenance.source).takes.values()]
    return behaviour(kinds, [check.expected for check in task.checks])


def _round(
    families: Sequence[Family], split: Split, seed: int, number: int, seen: _Seen, runner: ProgramRunner
) -> list[Task]:
    """What becomes of the attempts of one round."""
    numbers = range(number * _ATTEMPTS_PER_ROUND, (number + 1) * _ATTEMPTS_PER_ROUND)
    attempts = [Attempt(family, split, seed, each) for each in numbers for family in families]
    drafts = [(attempt, each) for attempt in attempts if _is_new(each := attempt.draft(), attempt, seen)]
    results = runner.run_all([_job(each, each.programs[0]) for _, each in drafts])
    broken = iter(runner.run_all([_job(each, each.suspect) for _, each in drafts if each.suspect]))
    tasks: list[Task] = []
    for (attempt, each), result in zip(drafts, results, strict=True):
        expected = result.reference_values()
        if each.suspect and not _is_broken(next(broken), expected):
            continue
        seen.choices.add(_key(each))
        if _teaches(expected) and _is_on_side(attempt, expected):
            task = _task(attempt, each, expected)
            if _remember(seen, task):
                tasks.append(task)
    return tasks


def _is_new(each: Draft, attempt: Attempt, seen: _Seen) -> bool:
    if attempt.split != "held_out_families":
        is_held_out = _share(combination(attempt.family, each.choices)) < _HELD_OUT_COMBINATIONS
        if is_held_out != (attempt.split == "held_out_parameters"):
            return False
    return _key(each) not in seen.choices


def _key(each: Draft) -> str:
    return json.dumps([each.family, each.choices])


def _is_on_side(attempt: Attempt, expected: Sequence[str]) -> bool:
    """Behaviours too have a side, so that no held-out problem is a train problem in other words."""
    kinds = [kind.name for kind in attempt.family.takes.values()]
    is_held_out = _share(behaviour(kinds, expected)) < _HELD_OUT_BEHAVIOURS
    return is_held_out == (attempt.split != "train")


def _share(text: str) -> float:
    """A number in [0, 1) that only the text decides."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") / 2**32


def _teaches(expected: Sequence[str]) -> bool:
    """A constant comes nowhere near solving it, and the results can be read."""
    _, commonest = Counter(expected).most_common(1)[0]
    return commonest <= _MAX_SAME_RESULT * len(expected) and max(map(len, expected)) <= _MAX_RESULT_CHARS


def _is_broken(result: Results, expected: Sequence[str]) -> bool:
    return result.compiled and list(result.values) != list(expected)


def _job(each: Draft, source: str) -> Job:
    return Job(program=source, entry_point=each.entry_point, inputs=each.inputs)


def _task(attempt: Attempt, each: Draft, expected: Sequence[str]) -> Task:
    details: dict[str, Any] = {
        "split": attempt.split,
        "attempt": attempt.number,
        "parameters": each.choices,
        "subject": attempt.family.subject,
        "level": each.level,
    }
    origin = Provenance(stage="families", source=each.family, seed=attempt.seed, details=details)
    computed = Provenance(stage="families", source="reference")
    shown = "" if each.example is None else shown_call(each.entry_point, each.inputs[each.example], expected[each.example])
    return Task(
        id=attempt.id,
        prompt=each.prompt + (f"\n\nFor example, {shown}." if shown else ""),
        entry_point=each.entry_point,
        reference=each.programs[0],
        checks=tuple(
            Check(inputs=inputs, expected=value, provenance=computed)
            for inputs, value in zip(each.inputs, expected, strict=True)
        ),
        provenance=origin,
    )


def _remember(seen: _Seen, task: Task) -> bool:
    """Whether the task is new in words and in behaviour."""
    key = behaviour_of(task)
    if task.prompt in seen.prompts or key in seen.behaviours:
        return False
    seen.prompts.add(task.prompt)
    seen.behaviours.add(key)
    return True


def _round_of(task: Task) -> int:
    return task.provenance.details["attempt"] // _ATTEMPTS_PER_ROUND
