"""pass@1 of a checkpoint on problems that nothing was trained on."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant.sandbox.programs import ProgramRunner
from training.evaluation.grading import Graded, grade
from training.evaluation.pass_at_k import pass_at_k
from training.evaluation.samples import Sample
from training.evaluation.suites import of_tasks
from training.problems import Problem, Side, as_task
from training.studies.rrtf_vs_sft.asking import ask
from training.studies.rrtf_vs_sft.plan import Plan
from training.studies.rrtf_vs_sft.problems import draw

SIDES: dict[str, Side] = {"held_out": "held_out", "seen": "train"}
SEED = 5
"""All seeds and arms are asked the same problems."""


def measure(checkpoint: Path, plan: Plan, seed: int) -> dict[str, Any]:
    """By side: the share of its samples that pass, for each problem; how all of them ended; and how long they are.

    Raises:
        SandboxError: Programs cannot be fenced in here.
    """
    counts = {"held_out": plan.measure.num_problems, "seen": plan.measure.num_seen_problems}
    return {name: _side(checkpoint, plan, draw(SIDES[name], count, SEED), seed) for name, count in counts.items()}


def _side(checkpoint: Path, plan: Plan, problems: Sequence[Problem], seed: int) -> dict[str, Any]:
    asked = [(each, plan.measure.temperature) for each in problems for _ in range(plan.measure.num_samples)]
    programs, mean_tokens = ask(checkpoint, asked, max_new_tokens=plan.candidates.max_new_tokens, seed=seed)
    suite = of_tasks([as_task(each) for each in problems])
    answers = [Sample(task_id=each.id, completion=code) for (each, _), code in zip(asked, programs, strict=True)]
    with ProgramRunner(num_workers=1) as runner:
        graded = grade(suite, answers, runner)
    return {
        "solved": _solved(problems, graded),
        "outcomes": dict(Counter(each.outcome for each in graded)),
        "mean_answer_tokens": mean_tokens,
    }


def _solved(problems: Sequence[Problem], graded: Sequence[Graded]) -> list[float]:
    tried = Counter(each.sample.task_id for each in graded)
    passed = Counter(each.sample.task_id for each in graded if each.has_passed)
    return [pass_at_k(tried[each.id], passed[each.id], 1) for each in problems]
