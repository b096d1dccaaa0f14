"""Pretraining: from source files to a student that continues text and fills holes."""

import time
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional
from transformers import GPTBigCodeForCausalLM

from training.blocks import BlockStream
from training.checkpoint import Snapshot, read_snapshot, save_snapshot
from training.corpus import build_corpus, read_corpus
from training.heldout import HeldOut, held_out_loss, left_to_right, middles
from training.model import new_student, save_student
from training.optimizer import StudentOptimizer, learning_rate_factor
from training.progress import Reporter
from training.recipe import PretrainRecipe, Recipe
from training.tokenizer import Codec, train_tokenizer

_HELD_OUT_ROWS = 64


def pretrain(recipe: Recipe, run: Path) -> Path:
    """Train the student of a recipe in the folder `run`, from where an earlier start stopped; return the checkpoint."""
    codec = prepare(recipe, run)
    torch.set_num_threads(recipe.pretrain.num_threads)
    texts = [document.text for document in read_corpus(run, "train")]
    held_out = held_out_sets(run, codec, recipe.model.context_tokens)
    stage = run / "pretrain"
    snapshot = read_snapshot(stage / "state.pt")
    model = new_student(recipe.model, codec.vocab_size, recipe.seed)
    trainer = Pretrainer(recipe, model, codec, texts, snapshot)
    done = trainer.step
    with Reporter("pretrain", recipe.pretrain.num_steps, run / "metrics.jsonl", done=done) as reporter:
        _loop(trainer, recipe.pretrain, held_out, stage, reporter)
    return stage / "checkpoint"


def prepare(recipe: Recipe, run: Path) -> Codec:
    """Build the corpus and the vocabulary of a run, or take those that are there."""
    if not (run / "corpus-manifest.json").exists():
        build_corpus(recipe.corpus, run)
    if not (run / "tokenizer.json").exists():
        texts = (document.text for document in read_corpus(run, "train"))
        Codec(train_tokenizer(texts, recipe.model.vocab_size)).save(run / "tokenizer.json")
    return Codec.load(run / "tokenizer.json")


def held_out_sets(run: Path, codec: Codec, context_tokens: int) -> dict[str, HeldOut]:
    """The fixed rows every stage is measured on: `text` (left to right) and `middle` (holes)."""
    texts = [document.text for document in read_corpus(run, "held_out")]
    return {
        "text": left_to_right(texts, codec, context_tokens=context_tokens, num_rows=_HELD_OUT_ROWS),
        "middle": middles(texts, codec, context_tokens=context_tokens, num_rows=2 * _HELD_OUT_ROWS),
    }


def measure(model: GPTBigCodeForCausalLM, held_out: dict[str, HeldOut]) -> dict[str, float]:
    """Held-out losses as flat metrics: `text_nats_per_token`, `text_bits_per_byte`, `middle_…`."""
    losses = {name: asdict(held_out_loss(model, rows)) for name, rows in held_out.items()}
    return {f"{name}_{measure}": value for name, loss in losses.items() for measure, value in loss.items()}


class Pretrainer:
    """Model, optimizer and stream that step together and are saved together."""

    def __init__(
        self, recipe: Recipe, model: GPTBigCodeForCausalLM, codec: Codec, texts: list[str], snapshot: Snapshot | None
    ) -> None:
        self.recipe = recipe.pretrain
        self.model, self.codec, self.step = model, codec, 0
        self.optimizer = StudentOptimizer(
            model,
            learning_rate=self.recipe.learning_rate,
            matrix_learning_rate=self.recipe.matrix_learning_rate,
            max_grad_norm=self.recipe.max_grad_norm,
        )
        if snapshot:
            self.step = snapshot.step
            model.load_state_dict(snapshot.model)
            self.optimizer.load_state_dict(snapshot.optimizer)
            torch.set_rng_state(snapshot.rng)
        self.stream = BlockStream(
            texts,
            codec,
            self.recipe,
            context_tokens=recipe.model.context_tokens,
            seed=recipe.seed,
            position=snapshot.position if snapshot else None,
        )

    def train_step(self) -> float:
        """One optimizer step on the next blocks; returns the loss in nats per token."""
        loss = block_loss(self.model, self.stream.next_batch(self.recipe.batch_blocks))
        loss.backward()
        self.optimizer.step(
            learning_rate_factor(self.step, num_steps=self.recipe.num_steps, warmup_steps=self.recipe.warmup_steps)
        )
        self.step += 1
        return loss.item()

    def save(self, stage: Path) -> None:
        """Write the snapshot that resumes this run, and the student as a folder that `transformers` loads."""
        save_snapshot(
            stage / "state.pt",
            step=self.step,
            position=self.stream.position,
            model=self.model,
            optimizer=self.optimizer,
        )
        save_student(stage / "checkpoint", self.model, self.codec)


def block_loss(model: GPTBigCodeForCausalLM, ids_BL: Tensor) -> Tensor:
    """Mean next-token loss over whole blocks, nats per token: () float32."""
    logits_BLV = model(input_ids=ids_BL).logits[:, :-1]
    return functional.cross_entropy(logits_BLV.flatten(0, 1), ids_BL[:, 1:].flatten())


def _loop(
    trainer: Pretrainer, recipe: PretrainRecipe, held_out: dict[str, HeldOut], stage: Path, reporter: Reporter
) -> None:
    saved_s = logged_s = time.monotonic()
    tokens_per_step = recipe.batch_blocks * trainer.model.config.n_positions
    recent: list[float] = []
    while trainer.step < recipe.num_steps:
        recent.append(trainer.train_step())
        reporter.advance(trainer.step)
        last = trainer.step == recipe.num_steps
        if trainer.step % recipe.log_every_steps == 0:
            elapsed_s = time.monotonic() - logged_s
            speed = len(recent) * tokens_per_step / elapsed_s
            reporter.record(trainer.step, loss=sum(recent) / len(recent), tokens_per_s=speed)
            recent, logged_s = [], time.monotonic()
        if trainer.step % recipe.evaluate_every_steps == 0 or last:
            reporter.record(trainer.step, **measure(trainer.model, held_out))
            logged_s = time.monotonic()
        if time.monotonic() - saved_s > recipe.checkpoint_every_s or last:
            trainer.save(stage)
            saved_s = time.monotonic()
