"""Rows of rankings as examples: which answers are learned from, as the ids that the model is served with."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.errors import InputError
from training.finetune.answers import said
from training.finetune.recipe import FinetuneRecipe
from training.finetune.vocabulary import Vocabulary
from training.objective.examples import Example
from training.presets import preset
from training.ranking.order import pair, spread
from training.rows import Judged, Ranked, Task
from training.tables import read_table

Candidate = tuple[Judged, float, tuple[int, ...]]
"""An answer, its reward, and its ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What training reads, and what it does not read, by reason."""

    examples: tuple[Example, ...]
    num_rows: int
    left_out: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def num_answers(self) -> int:
        """Answers of all examples."""
        return sum(len(each.responses) for each in self.examples)


def read_examples(recipe: FinetuneRecipe, vocabulary: Vocabulary) -> Prepared:
    """The examples of a recipe's files, in their order.

    Raises:
        InputError: A file is missing or has rows of another form, or nothing is left to learn from.
    """
    if not recipe.data.ranked:
        raise InputError("the recipe names no ranked answers", hint='Add ranked = ["FILE.jsonl"] to [data].')
    rows = [row for file in recipe.data.ranked for row in read_table(Path(file), Ranked)]
    return examples_of(rows, recipe, vocabulary)


def examples_of(rows: Sequence[Ranked], recipe: FinetuneRecipe, vocabulary: Vocabulary) -> Prepared:
    """As `read_examples`, of rows that are there."""
    left_out: Counter[str] = Counter()
    examples = [example for row in rows for example in _example(row, recipe, vocabulary, left_out)]
    if not examples:
        reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.items())
        raise InputError(f"nothing to learn from in {len(rows)} rows: {reasons}", hint="See [data] of the recipe.")
    return Prepared(examples=tuple(examples), num_rows=len(rows), left_out=dict(left_out))


def _example(row: Ranked, recipe: FinetuneRecipe, vocabulary: Vocabulary, left_out: Counter[str]) -> Iterator[Example]:
    task = Task(id=row.id, prompt=row.prompt, entry_point=row.entry_point, provenance=row.provenance)
    prompt = vocabulary.prompt(preset(recipe.data.preset).prompt(task))
    candidates = [
        (judged, reward, ids)
        for judged, reward in zip(row.candidates, row.rewards, strict=True)
        if _is_wanted(judged, recipe.data.answers)
        for ids in _ids(judged, task, recipe, vocabulary, recipe.data.max_tokens - len(prompt), left_out)
    ]
    chosen = _chosen(candidates, recipe, row.id)
    if len(chosen) < (2 if recipe.method == "dpo" else 1):
        left_out["rows without enough answers"] += 1
        return
    yield Example(
        prompt=prompt,
        responses=tuple(ids for _, _, ids in chosen),
        rewards=tuple(reward for _, reward, _ in chosen),
        is_teacher=tuple(judged.answer.role == "teacher" for judged, _, _ in chosen),
    )


def _is_wanted(judged: Judged, answers: str) -> bool:
    passes = judged.verdict == "passes_all"
    return answers == "all" or (passes and (answers == "passing" or judged.answer.role == "student"))


def _ids(
    judged: Judged,
    task: Task,
    recipe: FinetuneRecipe,
    vocabulary: Vocabulary,
    room: int,
    left_out: Counter[str],
) -> Iterator[tuple[int, ...]]:
    """The ids of an answer, if it can be one."""
    text = said(preset(recipe.data.preset), task, judged.answer.code)
    if text is None or not text.strip():
        left_out["answers that the preset cannot give" if text is None else "empty answers"] += 1
        return
    ids = vocabulary.answer(text)
    if len(ids) > room:
        left_out["answers that are too long"] += 1
        return
    yield ids


def _chosen(candidates: list[Candidate], recipe: FinetuneRecipe, row_id: str) -> list[Candidate]:
    """For fine-tuning the one answer; for ranking as many as the recipe takes."""
    if recipe.method == "sft":
        return _target(candidates, recipe, row_id)
    if recipe.method == "rrtf" and recipe.objective.rank == "pair":
        kept = {id(judged) for judged in pair([judged for judged, _, _ in candidates])}
        return [each for each in candidates if id(each[0]) in kept]
    return spread(candidates, recipe.data.max_candidates)


def _target(candidates: list[Candidate], recipe: FinetuneRecipe, row_id: str) -> list[Candidate]:
    """Teachers' answers come first in question, if there are any; a random one is drawn by hash."""
    teachers = [each for each in candidates if each[0].answer.role == "teacher"]
    pool = candidates if recipe.objective.target == "best" or not teachers else teachers
    if recipe.objective.target != "random_teacher":
        return pool[:1]
    return sorted(pool, key=lambda each: _draw(f"{recipe.seed}/{row_id}/{each[0].answer.id}"))[:1]


def _draw(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
