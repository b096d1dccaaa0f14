"""Problems with tests: drawn from the families, split by combination, with results computed by the reference."""

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assistant.sandbox.programs import Job, ProgramRunner, Results
from training.families.pipelines.dicts import DICTS
from training.families.pipelines.draft import ENTRY_POINT, Combination, Draft, Family
from training.families.pipelines.lists import LISTS
from training.families.pipelines.numbers import NUMBERS
from training.families.pipelines.predicates import PREDICATES
from training.families.pipelines.strings import STRINGS
from training.rows import Check, Provenance, Task

FAMILIES: tuple[Family, ...] = (LISTS, STRINGS, NUMBERS, DICTS, PREDICATES)

_HELD_OUT_SHARE = 0.2

Side = Literal["train", "held_out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A task with tests. JSON all through: a row of `problems.jsonl`."""

    id: str
    family: str
    docstring: str
    solutions: tuple[str, ...]
    mistakes: tuple[str, ...]
    inputs: tuple[tuple[Any, ...], ...]
    expected: tuple[str, ...]
    """The canonical result of each call, as `assistant.sandbox.programs` writes it."""


def side_of(family: str, combination: Combination) -> Side:
    """Which side a combination is on: by hash, so that no constant or wording carries it to the other."""
    digest = hashlib.sha256(json.dumps([family, *combination]).encode()).digest()
    return "held_out" if digest[0] < 256 * _HELD_OUT_SHARE else "train"


def draw_problems(side: Side, count: int, seed: int, runner: ProgramRunner) -> list[Problem]:
    """`count` problems, the families in turn, the combinations of one side at random."""
    pools = [[each for each in family.combinations if side_of(family.name, each) == side] for family in FAMILIES]
    drafts: list[tuple[str, str, Draft]] = []
    for number in range(count):
        family, pool = FAMILIES[number % len(FAMILIES)], pools[number % len(FAMILIES)]
        rng = random.Random(f"{side}/{seed}/{number}")
        drafts.append((f"{family.name}/{side}/{seed}/{number}", family.name, family.write(rng.choice(pool), rng)))
    references = [
        Job(program=draft.solutions[0], entry_point=ENTRY_POINT, inputs=draft.inputs) for _, _, draft in drafts
    ]
    return _with_expected(drafts, runner.run_all(references))


def _with_expected(drafts: Sequence[tuple[str, str, Draft]], results: Sequence[Results]) -> list[Problem]:
    return [
        Problem(
            id=identity,
            family=family,
            docstring=draft.docstring,
            solutions=draft.solutions,
            mistakes=draft.mistakes,
            inputs=draft.inputs,
            expected=tuple(result.reference_values()),
        )
        for (identity, family, draft), result in zip(drafts, results, strict=True)
    ]


def as_task(problem: Problem) -> Task:
    """As a row that the other stages take."""
    return Task(
        id=problem.id,
        prompt=problem.docstring,
        entry_point=ENTRY_POINT,
        reference=problem.solutions[0],
        checks=tuple(map(Check.of_call, problem.inputs, problem.expected)),
        provenance=Provenance(stage="pipelines", source=problem.family),
    )
