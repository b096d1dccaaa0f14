"""The first two steps of RRTF: sample answers from student and teachers, then let the tests rank them. Rows on disk."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from transformers import GPTBigCodeForCausalLM

from assistant.sandbox.programs import ProgramRunner
from training.evaluate import outcomes_of, prompt_ids
from training.jsonl import append_rows, read_rows
from training.problems import Problem
from training.recipe import RrtfRecipe
from training.reward import Answer, RankedAnswer, rank
from training.sampling import Request, sample
from training.tokenizer import Codec

_CHUNK_PROBLEMS = 50


def sample_answers(
    path: Path,
    problems: Sequence[Problem],
    model: GPTBigCodeForCausalLM,
    codec: Codec,
    recipe: RrtfRecipe,
    *,
    seed: int,
) -> dict[str, list[Answer]]:
    """Answers of student and teachers by problem id; those already in `answers.jsonl` are not sampled again."""
    done = {row["id"] for row in read_rows(path)}
    for chunk in _chunks([problem for problem in problems if problem.id not in done]):
        asked = [(problem, each) for problem in chunk for each in recipe.student_temperatures]
        requests = [Request(prompt=prompt_ids(codec, problem), temperature=each) for problem, each in asked]
        texts = sample(model, codec, requests, max_new_tokens=recipe.max_new_tokens, seed=seed + len(done))
        rows = {problem.id: teacher_answers(problem, recipe.teacher_noise, seed) for problem in chunk}
        for (problem, _), text in zip(asked, texts, strict=True):
            rows[problem.id].append(Answer(source="student", text=text))
        append_rows(path, ({"id": key, "answers": [asdict(each) for each in row]} for key, row in rows.items()))
        done |= rows.keys()
    return {row["id"]: [Answer(**each) for each in row["answers"]] for row in read_rows(path)}


def teacher_answers(problem: Problem, noise: float, seed: int) -> list[Answer]:
    """A sure teacher and one that errs at the rate `noise`: programs, where larger setups ask larger models."""
    rng = random.Random(f"{seed}/{problem.id}")
    pool = problem.mistakes if rng.random() < noise else problem.solutions
    return [
        Answer(source="teacher", text=rng.choice(problem.solutions)),
        Answer(source="noisy-teacher", text=rng.choice(pool)),
    ]


def rank_answers(
    path: Path,
    problems: Sequence[Problem],
    answers: dict[str, list[Answer]],
    runner: ProgramRunner,
    *,
    max_candidates: int,
) -> dict[str, list[RankedAnswer]]:
    """Tested and ranked answers by problem id; those already in `ranked.jsonl` are not tested again."""
    done = {row["id"] for row in read_rows(path)}
    for chunk in _chunks([problem for problem in problems if problem.id not in done]):
        asked = [(problem, answer) for problem in chunk for answer in answers[problem.id]]
        outcomes = iter(outcomes_of([each for each, _ in asked], [answer.text for _, answer in asked], runner))
        rows = {
            problem.id: rank(
                answers[problem.id], [next(outcomes) for _ in answers[problem.id]], max_candidates=max_candidates
            )
            for problem in chunk
        }
        append_rows(path, ({"id": key, "ranked": [asdict(each) for each in row]} for key, row in rows.items()))
    return {row["id"]: [RankedAnswer(**each) for each in row["ranked"]] for row in read_rows(path)}


def _chunks(problems: Sequence[Problem]) -> Iterator[Sequence[Problem]]:
    for start in range(0, len(problems), _CHUNK_PROBLEMS):
        yield problems[start : start + _CHUNK_PROBLEMS]
