"""Problems on demand, on one side of a split: distinct in words and in behaviour, with results from the reference.

Attempts are numbered; attempt n of a family is the same draft on every machine, and what becomes of it depends only on
the attempts before it. So a run that was stopped goes on as if it had not been.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from assistant.errors import InputError
from assistant.sandbox.programs import Job, ProgramRunner, Results
from training.families.catalogue import FAMILIES, HELD_OUT, NAMES, family_named
from training.families.family import Choices, Draft, Family
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

    def add(self, prompt: str, done: str) -> bool:
        """Take a problem, if it is new in words and in behaviour."""
        if prompt in self.prompts or done in self.behaviours:
            return False
        self.prompts.add(prompt)
        self.behaviours.add(done)
        return True


def draw_tasks(
    split: Split, seed: int, runner: ProgramRunner, *, done: Iterable[dict[str, Any]] = ()
) -> Iterator[list[Task]]:
    """Tasks of one split without end, a round of all families at a time, in the same order every time.

    `done` are the rows that a run before this one wrote; they are not repeated, and what follows is what would have.

    Raises:
        InputError: There are no more distinct problems.
    """
    families = [each for each in FAMILIES if (each.name in HELD_OUT) == (split == "held_out_families")]
    seen, written, number = _resumed(done)
    empty = 0
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
    if origin.stage != "families" or origin.source not in NAMES:
        raise InputError(f"task {task.id} was not drawn from a family", hint="Use another source for this task.")
    return Attempt(family_named(origin.source), origin.details["split"], origin.seed, origin.details["attempt"])


def behaviour(family: Family, expected: Sequence[str]) -> str:
    """What a function does, as a hash: equal for equal results on all inputs of its kinds, whatever the family."""
    kinds = [kind.name for kind in family.takes.values()]
    return hashlib.sha256(json.dumps([kinds, list(expected)]).encode()).hexdigest()


def _resumed(done: Iterable[dict[str, Any]]) -> tuple[_Seen, set[str], int]:
    """What earlier rounds took, the ids that were written, and the last round: maybe incomplete, it is done again."""
    rounds: list[tuple[set[str], _Seen]] = []
    for row in done:
        while len(rounds) <= row["provenance"]["details"]["attempt"] // _ATTEMPTS_PER_ROUND:
            rounds.append((set(), _Seen()))
        ids, taken = rounds[-1]
        ids.add(row["id"])
        origin = row["provenance"]
        taken.choices.add(_key(origin["source"], origin["details"]["parameters"]))
        taken.add(
            row["prompt"], behaviour(family_named(origin["source"]), [each["expected"] for each in row["checks"]])
        )
    seen = _Seen()
    for _, taken in rounds[:-1]:
        seen.choices |= taken.choices
        seen.prompts |= taken.prompts
        seen.behaviours |= taken.behaviours
    return seen, {each for ids, _ in rounds for each in ids}, max(0, len(rounds) - 1)


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
        seen.choices.add(_key(each.family, each.choices))
        done = behaviour(attempt.family, expected)
        if _teaches(expected) and _is_held_out(done) == (attempt.split != "train"):
            task = _task(attempt, each, expected)
            if seen.add(task.prompt, done):
                tasks.append(task)
    return tasks


def _is_new(each: Draft, attempt: Attempt, seen: _Seen) -> bool:
    if attempt.split != "held_out_families":
        is_held_out = _share(combination(attempt.family, each.choices)) < _HELD_OUT_COMBINATIONS
        if is_held_out != (attempt.split == "held_out_parameters"):
            return False
    return _key(each.family, each.choices) not in seen.choices


def _key(family: str, choices: Choices) -> str:
    return json.dumps([family, choices])


def _is_held_out(done: str) -> bool:
    """Behaviours too have a side, so that no held-out problem is a train problem in other words."""
    return _share(done) < _HELD_OUT_BEHAVIOURS


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
    shown = (
        "" if each.example is None else shown_call(each.entry_point, each.inputs[each.example], expected[each.example])
    )
    return Task(
        id=attempt.id,
        prompt=each.prompt + (f"\n\nFor example, {shown}." if shown else ""),
        entry_point=each.entry_point,
        reference=each.programs[0],
        checks=tuple(map(Check.of_call, each.inputs, expected)),
        provenance=origin,
    )
