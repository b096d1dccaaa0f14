"""Instruction tuning: the pretrained student learns to answer a description with code, and keeps what it knew."""

import json
import random
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import GPTBigCodeForCausalLM

from assistant.sandbox.programs import ProgramRunner
from training.atomic import write_text
from training.blocks import BlockStream
from training.corpus import read_corpus
from training.model import load_student, save_student
from training.objective.batches import padded_batch
from training.objective.examples import demonstration
from training.objective.logprob import response_logprobs
from training.objective.losses import sft_loss
from training.optimizer import StudentOptimizer, learning_rate_factor
from training.pairs import Pair, lifted_pairs, problem_pairs
from training.pretrain import block_loss, held_out_sets, measure
from training.problems import draw_problems
from training.progress import Reporter
from training.recipe import Recipe
from training.tokenizer import Codec

_SEED_OFFSET = 1000
"""Apart from pretraining, so that replayed blocks hold new holes; RRTF draws further off."""


def instruct(recipe: Recipe, run: Path) -> Path:
    """Fine-tune the pretrained student; return the checkpoint. `held-out.json` keeps the losses before and after."""
    torch.set_num_threads(recipe.pretrain.num_threads)
    stage = run / "instruct"
    model, codec = load_student(run / "pretrain" / "checkpoint")
    texts = [document.text for document in read_corpus(run, "train")]
    pairs = _pairs(recipe, codec, texts)
    replay = replay_stream(recipe, codec, texts, seed=recipe.seed + _SEED_OFFSET)
    held_out = held_out_sets(run, codec, recipe.model.context_tokens)
    before = measure(model, held_out)
    _train(recipe, model, pairs, replay, run)
    save_student(stage / "checkpoint", model, codec)
    write_text(stage / "held-out.json", json.dumps({"before": before, "after": measure(model, held_out)}, indent=1))
    return stage / "checkpoint"


def replay_stream(recipe: Recipe, codec: Codec, texts: Sequence[str], *, seed: int) -> BlockStream:
    """Pretraining blocks to mix into a later stage, so that completion is not forgotten."""
    return BlockStream(texts, codec, recipe.pretrain, context_tokens=recipe.model.context_tokens, seed=seed)


def _pairs(recipe: Recipe, codec: Codec, texts: Sequence[str]) -> list[Pair]:
    seed = recipe.seed + _SEED_OFFSET
    with ProgramRunner() as runner:
        generated = problem_pairs(codec, draw_problems("train", recipe.instruct.num_problems, seed, runner), seed)
    lifted = _short(lifted_pairs(codec, texts), recipe.instruct.max_pair_tokens)
    num_lifted = min(len(lifted), recipe.instruct.max_lifted_pairs)
    return _short(generated, recipe.instruct.max_pair_tokens) + random.Random(seed).sample(lifted, num_lifted)


def _short(pairs: Sequence[Pair], max_tokens: int) -> list[Pair]:
    return [pair for pair in pairs if len(pair[0]) + len(pair[1]) <= max_tokens]


def _train(recipe: Recipe, model: GPTBigCodeForCausalLM, pairs: Sequence[Pair], replay: BlockStream, run: Path) -> None:
    stage = recipe.instruct
    batches = [
        batch
        for epoch in range(stage.num_epochs)
        for batch in _batches(pairs, stage.batch_pairs, random.Random(f"{recipe.seed}/{epoch}"))
    ]
    optimizer = StudentOptimizer(
        model, learning_rate=stage.learning_rate, matrix_learning_rate=stage.matrix_learning_rate
    )
    with Reporter("instruct", len(batches), run / "metrics.jsonl") as reporter:
        for step, batch in enumerate(batches):
            demonstrations = [demonstration(*pair) for pair in batch]
            logprobs = response_logprobs(model, padded_batch(demonstrations, pad_id=0))
            sft = sft_loss(logprobs.total_BK[:, 0], logprobs.num_tokens_BK[:, 0], "mean")
            blocks = block_loss(model, replay.next_batch(stage.replay_blocks))
            (sft + blocks).backward()
            optimizer.step(learning_rate_factor(step, num_steps=len(batches), warmup_steps=stage.warmup_steps))
            reporter.advance(step + 1)
            if (step + 1) % recipe.pretrain.log_every_steps == 0:
                reporter.record(step + 1, sft_loss=sft.item(), replay_loss=blocks.item())


def _batches(pairs: Sequence[Pair], size: int, rng: random.Random) -> list[list[Pair]]:
    """Batches of pairs of like length, so that little is padding; the batches in random order."""
    shuffled = sorted(rng.sample(pairs, len(pairs)), key=lambda pair: (len(pair[0]) + len(pair[1])) // 8)
    batches = [shuffled[start : start + size] for start in range(0, len(shuffled), size)]
    rng.shuffle(batches)
    return batches
