"""pass@1 on held-out problems while a model learns, with how long its answers are and a few of them to look at."""

from collections import Counter, defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import nn

from assistant.sandbox.programs import ProgramRunner
from training.evaluation.grading import Graded, grade
from training.evaluation.intervals import estimate
from training.evaluation.pass_at_k import pass_at_k
from training.evaluation.samples import Sample
from training.evaluation.suites import Problem, of_tasks
from training.finetune.recipe import FinetuneRecipe
from training.finetune.vocabulary import Vocabulary
from training.presets import preset
from training.sampling import Request, sample
from training.tables import read_tasks

NUM_SHOWN = 3
MAX_SHOWN_CHARS = 2000


class HeldOut:
    """The held-out problems of a recipe.

    Raises:
        InputError: The file is missing or has other rows.
    """

    def __init__(self, recipe: FinetuneRecipe, vocabulary: Vocabulary) -> None:
        self._evaluation = recipe.evaluation
        self._preset = preset(recipe.data.preset)
        self._seed = recipe.seed
        self._vocabulary = vocabulary
        self._problems = of_tasks(read_tasks(Path(recipe.evaluation.problems)))[: recipe.evaluation.num_problems]

    def answers(self, model: nn.Module) -> list[tuple[Problem, str]]:
        """The model's answers, `num_samples` to each problem."""
        what = self._evaluation
        asked = [problem for problem in self._problems for _ in range(what.num_samples)]
        requests = [Request(prompt=self._prompt(each), temperature=what.temperature) for each in asked]
        was_training = model.training
        model.eval()
        texts = sample(model, self._vocabulary, requests, max_new_tokens=what.max_new_tokens, seed=self._seed)
        model.train(was_training)
        return list(zip(asked, texts, strict=True))

    def judged(self, answers: list[tuple[Problem, str]]) -> dict[str, Any]:
        """What the tests say: JSON values.

        Raises:
            SandboxError: Programs cannot be fenced in here.
        """
        samples = [
            Sample(task_id=each.task_id, completion=each.completion(self._preset.extract(each.task(), text)))
            for each, text in answers
        ]
        with ProgramRunner() as runner:
            graded = grade(self._problems, samples, runner)
        tokens = [len(self._vocabulary.codec.encode(text)) for _, text in answers]
        return {
            "pass_at_1": asdict(estimate(_solved(graded))),
            "num_problems": len(self._problems),
            "mean_answer_tokens": sum(tokens) / len(tokens),
            "outcomes": dict(Counter(each.outcome for each in graded)),
            "shown": self._shown(answers, graded),
        }

    def _prompt(self, problem: Problem) -> tuple[int, ...]:
        return self._vocabulary.prompt(self._preset.prompt(problem.task()))

    def _shown(self, answers: list[tuple[Problem, str]], graded: list[Graded]) -> list[dict[str, str]]:
        first_of_each = range(0, len(answers), self._evaluation.num_samples)
        return [
            {
                "task_id": answers[number][0].task_id,
                "prompt": answers[number][0].prompt[:MAX_SHOWN_CHARS],
                "answer": answers[number][1][:MAX_SHOWN_CHARS],
                "outcome": graded[number].outcome,
            }
            for number in list(first_of_each)[:NUM_SHOWN]
        ]


def _solved(graded: list[Graded]) -> list[float]:
    by_task: defaultdict[str, list[bool]] = defaultdict(list)
    for each in graded:
        by_task[each.sample.task_id].append(each.has_passed)
    return [pass_at_k(len(passed), sum(passed), 1) for passed in by_task.values()]
