"""RRTF: rank responses to align test and teacher feedback. The third step, its measurement, and its control.

Source: PanGu-Coder2 (arXiv:2307.14936). The first two steps are in `training.answers`.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import Tensor
from transformers import GPTBigCodeForCausalLM

from assistant.sandbox.programs import ProgramRunner
from training.answers import rank_answers, sample_answers
from training.atomic import write_text
from training.blocks import BlockStream
from training.corpus import read_corpus
from training.evaluate import Evaluation, evaluate, prompt_ids
from training.evaluation.intervals import Estimate, bootstrap
from training.instruct import replay_stream
from training.model import load_student, save_student
from training.objective.batches import tree_batch
from training.objective.examples import Example
from training.objective.logprob import response_logprobs
from training.objective.losses import rank_loss, sft_loss
from training.optimizer import StudentOptimizer, learning_rate_factor
from training.pretrain import block_loss, held_out_sets, measure
from training.problems import Problem, draw_problems
from training.progress import Reporter
from training.recipe import Recipe, RrtfRecipe
from training.reward import RankedAnswer, student_beats_teacher
from training.tokenizer import Codec

_SEED_OFFSET = 2000


def rrtf(recipe: Recipe, run: Path) -> Path:
    """Rank answers of the instructed student and learn the ranking; return the checkpoint.

    `evaluation.json` holds pass@1 on held-out combinations and the held-out losses, before and after, and those of the
    control: the same training without the rank loss.
    """
    torch.set_num_threads(recipe.pretrain.num_threads)
    stage = run / "rrtf"
    with ProgramRunner() as runner:
        ranked = _ranked_prompts(recipe, run, runner)
        _train_arm("rrtf", recipe, run, ranked, stage / "checkpoint")
        control = replace(recipe, rrtf=replace(recipe.rrtf, lambda_rank=0.0))
        _train_arm("control", control, run, ranked, stage / "control" / "checkpoint")
        folders = {
            "before": run / "instruct" / "checkpoint",
            "rrtf": stage / "checkpoint",
            "control": stage / "control" / "checkpoint",
        }
        report = {name: _measured(recipe, run, folder, runner) for name, folder in folders.items()}
    paired = paired_difference(report["rrtf"]["evaluation"], report["control"]["evaluation"])
    write_text(stage / "evaluation.json", json.dumps({**report, "rrtf_minus_control": asdict(paired)}, indent=1))
    return stage / "checkpoint"


def paired_difference(one: dict[str, list[float]], other: dict[str, list[float]]) -> Estimate:
    """Difference in pass@1 on the same problems, with its interval over problems."""
    pairs = zip(one["solved_share"], other["solved_share"], strict=True)
    return bootstrap([left - right for left, right in pairs])


def losses(model: GPTBigCodeForCausalLM, examples: Sequence[Example], recipe: RrtfRecipe) -> tuple[Tensor, Tensor]:
    """(rank loss, fine-tuning loss on the best answers) of B prompts with up to K answers each."""
    batch = tree_batch(examples, pad_id=0)
    logprobs = response_logprobs(model, batch)
    sft = sft_loss(logprobs.total_BK[:, 0], logprobs.num_tokens_BK[:, 0], recipe.reduction)
    return rank_loss(logprobs.mean_BK, batch.reward_BK, batch.present_BK), sft


def _ranked_prompts(recipe: Recipe, run: Path, runner: ProgramRunner) -> list[Example]:
    stage, seed = run / "rrtf", recipe.seed + _SEED_OFFSET
    model, codec = load_student(run / "instruct" / "checkpoint")
    problems = draw_problems("train", recipe.rrtf.num_problems, seed, runner)
    write_text(stage / "problems.jsonl", "".join(json.dumps(asdict(problem)) + "\n" for problem in problems))
    answers = sample_answers(stage / "answers.jsonl", problems, model, codec, recipe.rrtf, seed=seed)
    ranked = rank_answers(stage / "ranked.jsonl", problems, answers, runner, max_candidates=recipe.rrtf.max_candidates)
    drops = recipe.rrtf.drop_when_student_beats_teacher
    kept = [problem for problem in problems if not (drops and student_beats_teacher(ranked[problem.id]))]
    return [_tokenised(codec, problem, ranked[problem.id], recipe.rrtf.max_new_tokens) for problem in kept]


def _tokenised(codec: Codec, problem: Problem, ranked: Sequence[RankedAnswer], max_tokens: int) -> Example:
    return Example(
        prompt=prompt_ids(codec, problem),
        responses=tuple((*codec.encode(each.text)[:max_tokens], codec.end_of_text) for each in ranked),
        rewards=tuple(each.reward for each in ranked),
        is_teacher=tuple(each.source != "student" for each in ranked),
    )


def _measured(recipe: Recipe, run: Path, folder: Path, runner: ProgramRunner) -> dict[str, dict]:
    model, codec = load_student(folder)
    stage = recipe.rrtf
    problems = draw_problems("held_out", stage.eval_problems, recipe.seed, runner)
    evaluation: Evaluation = evaluate(
        model,
        codec,
        problems,
        runner,
        num_samples=stage.eval_samples,
        temperature=stage.eval_temperature,
        max_new_tokens=stage.max_new_tokens,
    )
    held_out = held_out_sets(run, codec, recipe.model.context_tokens)
    return {"evaluation": asdict(evaluation), "held_out": measure(model, held_out)}


def _train_arm(name: str, recipe: Recipe, run: Path, ranked: Sequence[Example], folder: Path) -> None:
    """Train the instructed student, unless it is done. Arms differ in `lambda_rank` alone, not in order or replay."""
    if folder.exists():
        return
    stage = recipe.rrtf
    model, codec = load_student(run / "instruct" / "checkpoint")
    texts = [document.text for document in read_corpus(run, "train")]
    replay = replay_stream(recipe, codec, texts, seed=recipe.seed + _SEED_OFFSET)
    optimizer = StudentOptimizer(
        model,
        learning_rate=stage.learning_rate,
        matrix_learning_rate=stage.matrix_learning_rate,
        max_grad_norm=stage.max_grad_norm,
    )
    compared = ranked if stage.lambda_rank else [_best_alone(each) for each in ranked]
    batches = list(_batches(compared, stage, recipe.seed))
    with Reporter(name, len(batches), run / "metrics.jsonl") as reporter:
        for step, batch in enumerate(batches):
            values = _backward(model, batch, replay, stage)
            optimizer.step(learning_rate_factor(step, num_steps=len(batches), warmup_steps=stage.warmup_steps))
            reporter.advance(step + 1)
            if (step + 1) % recipe.pretrain.log_every_steps == 0:
                reporter.record(step + 1, **values)
    save_student(folder, model, codec)


def _best_alone(ranked: Example) -> Example:
    """What the fine-tuning loss reads: without a rank loss the other answers would be computed for nothing."""
    return replace(ranked, responses=ranked.responses[:1], rewards=ranked.rewards[:1], is_teacher=ranked.is_teacher[:1])


def _backward(
    model: GPTBigCodeForCausalLM, batch: Sequence[Example], replay: BlockStream, stage: RrtfRecipe
) -> dict[str, float]:
    ranking, sft = losses(model, batch, stage)
    blocks = block_loss(model, replay.next_batch(stage.replay_blocks))
    (stage.lambda_rank * ranking + sft + stage.lambda_replay * blocks).backward()
    return {"rank_loss": ranking.item(), "sft_loss": sft.item(), "replay_loss": blocks.item()}


def _batches(ranked: Sequence[Example], stage: RrtfRecipe, seed: int) -> Iterator[list[Example]]:
    for epoch in range(stage.num_epochs):
        shuffled = random.Random(f"{seed}/{epoch}").sample(ranked, len(ranked))
        for start in range(0, len(shuffled), stage.batch_prompts):
            yield shuffled[start : start + stage.batch_prompts]
