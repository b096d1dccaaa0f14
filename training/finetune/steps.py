"""What a step minimises: a micro-batch's share of it, and what is noted of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from training.finetune.recipe import FinetuneRecipe, ObjectiveRecipe
from training.objective.batches import TreeBatch, padded_batch, tree_batch
from training.objective.examples import Example
from training.objective.logprob import ResponseLogprobs
from training.objective.losses import dpo_loss, of_answer, rank_accuracy, rank_loss, sft_loss, target_answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An example, and what the reference says of its answers (DPO)."""

    example: Example
    reference: tuple[float, ...] = ()
    """Nats, summed over each response."""


class StepSize(NamedTuple):
    """How much a whole step holds, over all micro-batches and processes: what its losses are divided by."""

    num_prompts: Tensor
    """() int64."""
    num_tokens: Tensor
    """() int64: of the answers that fine-tuning is on."""


class Losses(NamedTuple):
    """Of a micro-batch; over a step they add up."""

    total: Tensor
    """() float32, with its gradient."""
    parts: dict[str, Tensor]
    """() float32 each, without: every loss by name."""
    counts: dict[str, Tensor]
    """() each: right_pairs, pairs, tokens, answers."""


class Collator:
    """Items as tensors."""

    def __init__(self, recipe: FinetuneRecipe, pad_id: int) -> None:
        self._lay_out = tree_batch if recipe.data.layout == "tree" else padded_batch
        self._pad_id = pad_id

    def __call__(self, items: Sequence[Item]) -> dict[str, TreeBatch | Tensor]:
        """A batch, and (B, K) float32 of the reference, 0 where there is none."""
        batch = self._lay_out([each.example for each in items], pad_id=self._pad_id)
        reference_BK = torch.zeros_like(batch.reward_BK)
        for row, item in enumerate(items):
            reference_BK[row, : len(item.reference)] = torch.tensor(item.reference)
        return {"batch": batch, "reference_BK": reference_BK}


def size_of(batches: Sequence[TreeBatch], recipe: FinetuneRecipe) -> Tensor:
    """(2,) int64: prompts, and tokens of the target answers, of the micro-batches of one process."""
    prompts = sum(len(each.reward_BK) for each in batches)
    tokens = sum(int(of_answer(each.num_tokens_BK, _target(each, recipe)).sum()) for each in batches)
    return torch.tensor([prompts, tokens])


def losses(
    logprobs: ResponseLogprobs, batch: TreeBatch, reference_BK: Tensor, recipe: FinetuneRecipe, size: StepSize
) -> Losses:
    """The method's losses, each divided by what the whole step holds, so that the parts of a step add up to it."""
    counts = _counts(logprobs, batch)
    if recipe.method == "dpo":
        dpo = dpo_loss(
            logprobs.total_BK,
            reference_BK,
            batch.reward_BK,
            batch.present_BK,
            beta=recipe.objective.beta,
            num_prompts=int(size.num_prompts),
        )
        return Losses(dpo, {"dpo_loss": dpo.detach()}, counts)
    sft = _sft(logprobs, batch, recipe, size)
    if recipe.method == "sft":
        return Losses(sft, {"sft_loss": sft.detach()}, counts)
    rank = _rank(logprobs, batch, recipe.objective, size)
    total = recipe.objective.lambda_rank * rank + sft
    return Losses(total, {"rank_loss": rank.detach(), "sft_loss": sft.detach()}, counts)


def _counts(logprobs: ResponseLogprobs, batch: TreeBatch) -> dict[str, Tensor]:
    right, pairs = rank_accuracy(logprobs.mean_BK.detach(), batch.reward_BK, batch.present_BK)
    num_tokens, num_answers = batch.num_tokens_BK.sum(), batch.present_BK.sum()
    return {"right_pairs": right, "pairs": pairs, "tokens": num_tokens, "answers": num_answers}


def _sft(logprobs: ResponseLogprobs, batch: TreeBatch, recipe: FinetuneRecipe, size: StepSize) -> Tensor:
    target_B = _target(batch, recipe)
    return sft_loss(
        of_answer(logprobs.total_BK, target_B),
        of_answer(batch.num_tokens_BK, target_B),
        recipe.objective.reduction,
        num_prompts=int(size.num_prompts),
        num_tokens=int(size.num_tokens),
    )


def _rank(logprobs: ResponseLogprobs, batch: TreeBatch, what: ObjectiveRecipe, size: StepSize) -> Tensor:
    return rank_loss(
        logprobs.mean_BK,
        batch.reward_BK,
        batch.present_BK,
        is_teacher_BK=batch.is_teacher_BK,
        pairs="teacher_over_student" if what.rank == "pair" else "all",
        weights="equal" if what.rank == "rrhf" else "gap",
        over_pairs=what.over_pairs,
        num_prompts=int(size.num_prompts),
    )


def _target(batch: TreeBatch, recipe: FinetuneRecipe) -> Tensor:
    """(B,) int64; for `sft` the one answer that there is."""
    return target_answers(batch.is_teacher_BK, "best" if recipe.objective.target == "best" else "teacher")
