"""`cairn train rank`: checked problems and answers in, rankings out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from training.atomic import write_file, write_text
from training.execution.engines import open_engine
from training.execution.plans import Engine
from training.ranking.judging import Answers, Trials, judge_answers
from training.ranking.order import Dropped, Rules, Tried, rank
from training.ranking.report import class_shares
from training.rows import Ranked, Task, to_json
from training.tables import answers_by_task, read_tasks


def rank_answers(
    *,
    problems: Path,
    answers: Path,
    out: Path,
    drop_student_wins: bool = True,
    teacher_first: bool = True,
    max_candidates: int = 4,
    pair: bool = False,
    workers: int = 2,
    engine: str = "local",
    address: str = "",
) -> dict[str, object]:
    """Write `out`, the rankings by task id; beside it what was judged and what was dropped.

    `out` and `….dropped.jsonl` are written anew from `….judged.jsonl`, which is appended to: a stage that was stopped
    goes on there, and another rule runs no program.

    Args:
        problems: Rows of `Task`, with checks.
        answers: Rows of `Sampled`.
        out: Rows of `Ranked`.
        drop_student_wins: Rule (a), see `Rules`.
        teacher_first: Rule (b), see `Rules`.
        max_candidates: Distinct answers that stay of a task.
        pair: One teacher, one student.
        workers: Of the local pool.
        engine: "local" or "ray".
        address: Of a running Ray cluster.

    Returns:
        The report: see `training.ranking.report`.

    Raises:
        InputError: A file is missing or has rows of another form.
        SandboxError: Programs cannot be fenced in here.
    """
    rules = Rules(
        drop_student_wins=drop_student_wins, teacher_first=teacher_first, max_candidates=max_candidates, pair=pair
    )
    with open_engine(engine, workers=workers, address=address) as opened:
        return rank_tasks(read_tasks(problems), answers_by_task(answers), out, rules, opened)


def rank_tasks(tasks: Sequence[Task], answers: Answers, out: Path, rules: Rules, engine: Engine) -> dict[str, object]:
    """The stage with an engine at hand."""
    checked = [task for task in tasks if task.checks]
    trials = judge_answers(out.with_suffix(".judged.jsonl"), checked, answers, engine)
    decided = [_decide(task, answers, trials, rules) for task in sorted(tasks, key=lambda each: each.id)]
    ranked = [each for each in decided if isinstance(each, Ranked)]
    dropped = [each for each in decided if isinstance(each, Dropped)]
    write_file(out, lambda path: _write(path, [to_json(each) for each in ranked]))
    write_text(out.with_suffix(".dropped.jsonl"), "".join(json.dumps(asdict(each)) + "\n" for each in dropped))
    return class_shares(checked, answers, trials, ranked, dropped)


def _decide(task: Task, answers: Answers, trials: Trials, rules: Rules) -> Ranked | Dropped:
    given = answers.get(task.id, ())
    tried = [Tried(answer=each, trial=trials[each.id]) for each in given if each.id in trials]
    return rank(task, tried, rules, masked=len(given) - len(tried) if task.checks else 0)


def _write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
