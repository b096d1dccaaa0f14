"""The model that all arms of a seed begin with: it has read much code for such problems, and half of it was wrong."""

import random
from collections.abc import Sequence
from pathlib import Path

from transformers import GPTBigCodeForCausalLM

from training.model import new_student, save_student
from training.objective.batches import padded_batch
from training.objective.examples import demonstration
from training.objective.logprob import response_logprobs
from training.objective.losses import sft_loss
from training.optimizer import StudentOptimizer, learning_rate_factor
from training.presets import preset
from training.problems import Problem, as_task
from training.studies.rrtf_vs_sft.plan import BasePlan, Plan
from training.studies.rrtf_vs_sft.problems import draw, program
from training.tokenizer import Codec, train_tokenizer

PRESET = "pangu-coder2"
SEED = 1_000
"""Of its problems: apart from those that are ranked."""

Pair = tuple[list[int], list[int]]
"""Ids of a prompt and of a program with its end."""


def make_base(plan: Plan, seed: int, folder: Path) -> None:
    """Write a checkpoint, unless it is there."""
    if folder.exists():
        return
    rng = random.Random(seed)
    problems = draw("train", plan.base.num_problems, SEED + seed)
    codec = Codec(train_tokenizer(_texts(problems), plan.model.vocab_size))
    pairs = [_pair(codec, each, program(each, plan.base.teacher_skill, rng)) for each in problems]
    model = new_student(plan.model, codec.vocab_size, seed)
    _train(model, _batches(pairs, plan.base.batch_pairs, rng), plan.base)
    save_student(folder, model, codec)


def prompt_text(problem: Problem) -> str:
    """How a problem is put, in training and in measuring."""
    return str(preset(PRESET).prompt(as_task(problem)))


def _texts(problems: Sequence[Problem]) -> list[str]:
    return [text for each in problems for text in (prompt_text(each), *each.solutions, *each.mistakes)]


def _pair(codec: Codec, problem: Problem, code: str) -> Pair:
    return codec.encode(prompt_text(problem)), [*codec.encode(code), codec.end_of_text]


def _batches(pairs: Sequence[Pair], size: int, rng: random.Random) -> list[list[Pair]]:
    """Pairs of like length together, the batches in random order."""
    by_length = sorted(pairs, key=lambda pair: (len(pair[0]) + len(pair[1])) // 8)
    batches = [by_length[start : start + size] for start in range(0, len(by_length), size)]
    rng.shuffle(batches)
    return batches


def _train(model: GPTBigCodeForCausalLM, batches: Sequence[Sequence[Pair]], plan: BasePlan) -> None:
    optimizer = StudentOptimizer(
        model, learning_rate=plan.learning_rate, matrix_learning_rate=plan.matrix_learning_rate
    )
    for step, batch in enumerate(batches):
        logprobs = response_logprobs(model, padded_batch([demonstration(*pair) for pair in batch], pad_id=0))
        sft_loss(logprobs.total_BK[:, 0], logprobs.num_tokens_BK[:, 0], "mean").backward()
        optimizer.step(learning_rate_factor(step, num_steps=len(batches), warmup_steps=plan.warmup_steps))
