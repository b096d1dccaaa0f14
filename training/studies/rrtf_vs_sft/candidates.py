"""The ranked answers of a seed: its student and its teachers answer, the tests decide."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from training.atomic import write_text
from training.execution.engines import open_engine
from training.jsonl import read_rows
from training.problems import Problem, as_task
from training.ranking.judging import Trials, judge_answers
from training.ranking.order import Rules, Tried, rank
from training.rows import Ranked, Sampled, from_json, to_json
from training.studies.rrtf_vs_sft.arms import Ranking
from training.studies.rrtf_vs_sft.asking import ask
from training.studies.rrtf_vs_sft.plan import CandidatesPlan
from training.studies.rrtf_vs_sft.problems import answer, draw, teachers

SEED, DRAW = 2_000, 10_000
"""Of the problems: apart from the base model's, and one portion from the next."""


def make_ranking(ranking: Ranking, plan: CandidatesPlan, seed: int, student: Path, folder: Path) -> Path:
    """Write the rows, unless they are there; return their file.

    Args:
        ranking: Which.
        plan: How many, and how good.
        seed: Of the training.
        student: The checkpoint of the student that answers.
        folder: The seed's.
    """
    out = folder / f"ranked-{ranking.name}.jsonl"
    if out.exists():
        return out
    problems = draw("train", plan.num_problems, SEED + seed + DRAW * ranking.draw)
    answers = _student_answers(problems, plan, seed, student, folder / f"answers-{ranking.student}-{ranking.draw}.json")
    if ranking.kept != "own":
        skill = plan.teacher_skill if ranking.skill is None else ranking.skill
        for each in problems:
            answers[each.id] += teachers(each, plan.num_teachers, skill, seed)
    tasks = [as_task(each) for each in problems]
    with open_engine("local", workers=1) as engine:
        trials = judge_answers(folder / "judged.jsonl", tasks, answers, engine)
    rules = Rules(max_candidates=max(map(len, answers.values())))
    decided = [rank(task, _tried(answers[task.id], trials), rules) for task in tasks]
    rows = [_kept(each, ranking) for each in decided if isinstance(each, Ranked)]
    write_text(out, "".join(json.dumps(to_json(each)) + "\n" for each in rows))
    return out


def class_counts(ranked: Path) -> dict[str, int]:
    """How many of the student's distinct answers are in which class."""
    rows = [from_json(row, Ranked) for row in read_rows(ranked)]
    counts: dict[str, int] = {}
    for judged in (each for row in rows for each in row.candidates if each.answer.role == "student"):
        counts[judged.verdict] = counts.get(judged.verdict, 0) + 1
    return counts


def _student_answers(
    problems: Sequence[Problem], plan: CandidatesPlan, seed: int, student: Path, file: Path
) -> dict[str, list[Sampled]]:
    if not file.exists():
        numbered = [(each, number) for each in problems for number in range(len(plan.student_temperatures))]
        asked = [(each, plan.student_temperatures[number]) for each, number in numbered]
        programs, _ = ask(student, asked, max_new_tokens=plan.max_new_tokens, seed=seed)
        rows = [
            answer(each.id, "student", f"student/{number}", code)
            for (each, number), code in zip(numbered, programs, strict=True)
        ]
        write_text(file, json.dumps([to_json(row) for row in rows]))
    by_task: dict[str, list[Sampled]] = {each.id: [] for each in problems}
    for row in json.loads(file.read_text("utf-8")):
        by_task[row["task_id"]].append(from_json(row, Sampled))
    return by_task


def _tried(answers: Sequence[Sampled], trials: Trials) -> list[Tried]:
    return [Tried(answer=each, trial=trials[each.id]) for each in answers if each.id in trials]


def _kept(row: Ranked, ranking: Ranking) -> Ranked:
    """All candidates; of near misses the best teacher's answer, and those of the student that ran and were wrong."""
    if ranking.kept != "near_misses":
        return row
    best = next(each for each in row.candidates if each.answer.role == "teacher")
    kept = [
        (each, reward)
        for each, reward in zip(row.candidates, row.rewards, strict=True)
        if each is best or (each.answer.role == "student" and each.verdict == "fails_some")
    ]
    return replace(row, candidates=tuple(each for each, _ in kept), rewards=tuple(reward for _, reward in kept))
